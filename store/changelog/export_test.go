package changelog

// The statements of histories, whose plans a test reads.
const (
	PostgresHistory = postgresHistory
	SQLiteHistory   = sqliteHistory
)
