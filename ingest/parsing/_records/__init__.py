"""Files of records: separated values, JSON, XML."""
