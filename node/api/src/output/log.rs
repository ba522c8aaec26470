//! `vantage log` and `proof`.

use serde::Serialize;
use utoipa::ToSchema;
use vantage_protocol::announce::Announce;
use vantage_protocol::id::{Hash, JobId, NetId, NodeId};
use vantage_protocol::job::Job;
use vantage_protocol::keyset::Keyset;
use vantage_protocol::leaf::Statement;
use vantage_protocol::statement::{Ack, Commit, Decline, Final, Reveal};

/// Leaves of a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LogShown {
    /// The network.
    pub net: NetId,
    /// Whose log.
    pub node: NodeId,
    /// Leaves held.
    pub size: u64,
    /// Of these, certified: every index below.
    pub certified: u64,
    /// Leaves, oldest first.
    pub leaves: Vec<LeafShown>,
}

/// A leaf of a log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LeafShown {
    /// Its index.
    pub index: u64,
    /// A quorum has cosigned a head over it.
    pub certified: bool,
    /// RFC 6962 leaf hash.
    pub hash: Hash,
    /// Kind of the statement: `keyset`, `announce`, `job`, `commit`, `decline`, `reveal`, `ack`, `final` or `finding`.
    pub typ: String,
    /// The job that it speaks of.
    pub job: Option<JobId>,
    /// The statement.
    pub body: StatementBody,
}

/// A statement, its fields as on the wire with bytes as hex.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum StatementBody {
    /// A node's keys.
    Keyset(Box<Keyset>),
    /// What an executor offers.
    Announce(Announce),
    /// A job.
    Job(Job),
    /// Binds an executor to its receipts.
    Commit(Commit),
    /// A slot that is not taken on.
    Decline(Decline),
    /// Shows receipts.
    Reveal(Reveal),
    /// What a member has validated.
    Ack(Ack),
    /// A member's last word on a job.
    Final(Final),
    /// Why a member found a statement bad.
    Finding(vantage_protocol::statement::Finding),
}

impl From<&Statement> for StatementBody {
    fn from(statement: &Statement) -> Self {
        match statement.clone() {
            Statement::Keyset(keyset) => Self::Keyset(keyset),
            Statement::Announce(announce) => Self::Announce(announce),
            Statement::Job(job) => Self::Job(job),
            Statement::Commit(commit) => Self::Commit(commit),
            Statement::Decline(decline) => Self::Decline(decline),
            Statement::Reveal(reveal) => Self::Reveal(reveal),
            Statement::Ack(ack) => Self::Ack(ack),
            Statement::Final(last) => Self::Final(last),
            Statement::Finding(finding) => Self::Finding(finding),
        }
    }
}

/// A statement with its proof, as `vantage proof` prints or writes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ProofShown {
    /// Whose log.
    pub node: NodeId,
    /// Index of the leaf.
    pub index: u64,
    /// RFC 6962 leaf hash.
    pub hash: Hash,
    /// Kind of the statement.
    pub typ: String,
    /// The statement.
    pub body: StatementBody,
    /// The proof: text of `c2sp.org/tlog-proof`.
    pub proof: String,
    /// Who has to have cosigned: text of `c2sp.org/tlog-policy`.
    pub policy: String,
    /// Where the proof was written, if it was.
    pub file: Option<String>,
    /// Where the policy was written, if it was.
    pub policy_file: Option<String>,
}

/// A proof that holds, as `vantage proof check` says it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ProofHolds {
    /// Always true: a proof that does not hold is a failure.
    pub holds: bool,
    /// The network.
    pub net: NetId,
    /// Whose log.
    pub node: NodeId,
    /// Index of the leaf.
    pub index: u64,
    /// Kind of the statement.
    pub typ: String,
    /// The statement.
    pub body: StatementBody,
    /// Leaves under the head.
    pub size: u64,
    /// Root of the head.
    pub root: Hash,
    /// Cosignatures that it takes.
    pub quorum: usize,
    /// Whose cosignatures hold.
    pub cosigners: Vec<Cosigner>,
}

/// A member that has cosigned a head.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Cosigner {
    /// Node id.
    pub node: NodeId,
    /// Who runs it.
    pub operator: String,
    /// Where its operator says it stands.
    pub region: String,
    /// When, by its clock, POSIX seconds.
    pub time_s: u64,
}
