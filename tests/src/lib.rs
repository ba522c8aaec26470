//! Tests over the whole of Vantage.
