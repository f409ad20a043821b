//! The inventory.

mod get_resource;
mod list_resources;

pub use get_resource::GetResource;
pub use list_resources::ListResources;
