package postgres

import (
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/seed-7694ebf6/plinth/internal/canon"
)

// bunDialect makes Bun write times as the store does: in UTC and cut to
// microseconds, where PostgreSQL would round.
type bunDialect struct {
	*pgdialect.Dialect
}

// AppendTime implements [schema.Dialect].
func (bunDialect) AppendTime(b []byte, t time.Time) []byte {
	return append(canon.AppendTimestamp(append(b, '\''), t), '\'')
}
