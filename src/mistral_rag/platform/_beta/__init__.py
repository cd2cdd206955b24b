"""Resources that the platform itself calls beta: they may change within weeks."""
