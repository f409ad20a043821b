//! The inventory.

mod get_resource;
mod list_resources;
mod list_resources_v2;

pub use get_resource::GetResource;
pub use list_resources::ListResources;
pub use list_resources_v2::ListResourcesV2;
