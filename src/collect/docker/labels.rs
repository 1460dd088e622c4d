//! Labels of every container on the engine: running or not, of whatever project.

use super::Engine;
use crate::collect::refusal::Refusal;
use bollard::query_parameters::ListContainersOptions;

impl Engine {
    /// The values of some labels, one row for each container; all other labels are dropped here.
    pub(in crate::collect) async fn labels<const N: usize>(
        &self,
        keys: [&'static str; N],
    ) -> Result<Vec<[Option<String>; N]>, Refusal> {
        let options = ListContainersOptions { all: true, ..Default::default() };
        let listed = self.ask("GET /containers/json", self.api().list_containers(Some(options))).await?;
        Ok(listed
            .into_iter()
            .map(|one| {
                let mut labels = one.labels.unwrap_or_default();
                keys.map(|key| labels.remove(key))
            })
            .collect())
    }
}
