//! Activities: a runtime on a provider's machine, and the batches run in it.

use super::{ActivityState, CommandResult, Daemon, NewActivity, Trouble, check_id};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

impl Daemon {
    /// Starts a runtime under an agreement; waits for up to `wait`.
    pub async fn new_activity(&self, agreement: &str, wait: Duration) -> Result<String, Trouble> {
        let query = [("timeout", wait.as_secs().to_string())];
        let body = json!({ "agreementId": check_id(agreement)? });
        let made: NewActivity = self.post("activity-api/v1/activity", &query, &body, wait).await?;
        check_id(&made.activity_id)?;
        Ok(made.activity_id)
    }

    /// Activities of an agreement.
    pub async fn activities(&self, agreement: &str) -> Result<Vec<String>, Trouble> {
        self.get("activity-api/v1/activity", &[("agreementId", check_id(agreement)?.to_owned())]).await
    }

    /// Begins a batch of commands and tells its id.
    pub async fn exec(&self, activity: &str, batch: &Value) -> Result<String, Trouble> {
        let path = format!("activity-api/v1/activity/{}/exec", check_id(activity)?);
        let query = [("timeout", "10".to_owned())];
        let body = json!({ "text": batch.to_string() });
        let id: String = self.post(&path, &query, &body, Duration::from_secs(10)).await?;
        check_id(&id)?;
        Ok(id)
    }

    /// Results up to the command `index`, once it is done; waits for up to `wait`.
    pub async fn results(
        &self,
        activity: &str,
        batch: &str,
        index: usize,
        wait: Duration,
    ) -> Result<Vec<CommandResult>, Trouble> {
        let path = format!("activity-api/v1/activity/{}/exec/{}", check_id(activity)?, check_id(batch)?);
        let query = [("timeout", wait.as_secs().to_string()), ("commandIndex", index.to_string())];
        self.wait(&path, &query, wait).await
    }

    /// How an activity stands.
    pub async fn activity_state(&self, activity: &str) -> Result<ActivityState, Trouble> {
        let path = format!("activity-api/v1/activity/{}/state", check_id(activity)?);
        self.wait(&path, &[("timeout", "4".to_owned())], Duration::from_secs(4)).await
    }

    /// Ends an activity, whatever runs in it.
    pub async fn destroy(&self, activity: &str) -> Result<(), Trouble> {
        let path = format!("activity-api/v1/activity/{}", check_id(activity)?);
        let query = [("timeout", "10".to_owned())];
        self.tell(Method::DELETE, &path, &query, None::<&()>, Duration::from_secs(10)).await
    }
}
