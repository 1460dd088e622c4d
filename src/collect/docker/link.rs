//! Where a link in a container leads, as the engine follows it.

use super::{Engine, versioned};
use crate::collect::refusal::Refusal;
use bollard::query_parameters::ContainerArchiveInfoOptions;

impl Engine {
    /// Where a link leads in the end; none where a path is no link. Links on the way to it are followed.
    pub(in crate::collect) async fn link(&self, container: &str, path: &str) -> Result<Option<String>, Refusal> {
        let version = self.version;
        let docker = self.docker.clone().with_request_modifier(move |mut request| {
            // bollard asks with HEAD. GET brings the same header, and a body that nobody reads.
            if let Ok(get) = "GET".parse() {
                *request.method_mut() = get;
            }
            version.into_iter().fold(request, versioned)
        });
        let options = ContainerArchiveInfoOptions { path: path.to_owned() };
        let call = docker.get_container_archive_info(container, Some(options));
        let told = self.ask("GET /containers/{id}/archive", call).await?;
        Ok(Some(told.link_target).filter(|target| !target.is_empty()))
    }
}
