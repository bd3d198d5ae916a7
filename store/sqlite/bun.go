package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

// newBun returns a Bun database that sends selects to the readers.
func newBun(writer, readers *sql.DB) *bun.DB {
	return bun.NewDB(writer, dialect{sqlitedialect.New()}, bun.WithConnResolver(resolver{readers}))
}

// dialect is Bun's, but writes times as the store does. In Bun's own form they
// would be equal to none of the store's, and in another order.
type dialect struct {
	*sqlitedialect.Dialect
}

// AppendTime appends a time as an SQL literal.
func (dialect) AppendTime(b []byte, t time.Time) []byte {
	return append(canon.AppendTimestamp(append(b, '\''), t), '\'')
}

// resolver says where Bun runs a query that is not in a transaction.
type resolver struct {
	readers *sql.DB
}

// ResolveConn returns the readers for a select, else nil: the writer.
func (r resolver) ResolveConn(_ context.Context, query bun.Query) bun.IConn {
	if bun.IsReadOnlyQuery(query) {
		return r.readers
	}
	return nil
}

// Close does nothing; the readers belong to the driver.
func (r resolver) Close() error { return nil }
