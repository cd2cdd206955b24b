"""The platform's endpoints, one module a resource."""
