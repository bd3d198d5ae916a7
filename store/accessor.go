package store

// Validator returns the validator of the options, nil if there is none.
func (db *DB) Validator() Validator { return db.options.Validator }
