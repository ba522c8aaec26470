//! Executors of Vantage: the open model and vendor APIs.
