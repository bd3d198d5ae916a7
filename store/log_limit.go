package store

import (
	"context"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// logCheck is the name that a statement raises when it would log too much.
const logCheck = "log"

// logLimit returns how many bytes a write may log: only requests are bounded.
func (r reader) logLimit(ctx context.Context) int {
	if r.scope == nil && ScopeFrom(ctx) == nil {
		return 0
	}
	return max(r.s.db.options.MaxLogBytes, 0)
}

func (w *request) logLimitError() error {
	return &LimitError{Name: "bytes in the change log for one request", Limit: w.logLimit}
}

// chargeLog writes a condition on PostgreSQL that adds bytes to what the transaction
// has logged, and raises logCheck beyond the limit. The sum is in a setting of the
// transaction, so rolling back a savepoint reverts it together with the rows.
func (w *statement) chargeLog(b *builder, bytes string) {
	const setting = "'plinth.log_bytes'"
	sum := "coalesce(nullif(current_setting(" + setting + ", true), ''), '0')::bigint + " + bytes
	b.write("case when ", sum, " <= ")
	b.bind(KindInt, int64(w.logLimit))
	b.write(" then set_config(", setting, ", (", sum, ")::text, true) is not null",
		" else ('", driver.RaisePrefix, logCheck, "'||left((", sum, ")::text, 0))::int = 0 end")
}

// chargeSteps is chargeLog for SQLite, where rows are logged from Go.
func (w *steps) chargeSteps(size int) error {
	if w.logLimit == 0 || w.s.db.sql.words().with {
		return nil
	}
	if w.s.tx.bytes += size; w.s.tx.bytes <= w.logLimit {
		return nil
	}
	err := w.logLimitError()
	w.s.fail(err) // the rows are written, and must not stay without a log
	return err
}

// logSize writes how many bytes the image of a row has, see [write.logImage]. Values of
// fixed size count as much as their name and 16 bytes. The length of a text is known
// without reading it.
func (w *statement) logSize(alias string, some *ColumnSet) string {
	var b strings.Builder
	fixed := 16
	for _, c := range w.table.Columns {
		if c.Mode == Secret || some != nil && !some.Has(c) {
			continue
		}
		fixed += len(c.jsonKey) + 16
		column := alias + "." + c.sqlName
		switch c.Kind {
		case KindText, KindJSON, KindTextArray:
			b.WriteString("coalesce(octet_length(" + column + "::text), 0) + ")
		case KindBytes:
			b.WriteString("coalesce(octet_length(" + column + ") * 2, 0) + ") // as hexadecimal digits
		case KindDecimal:
			b.WriteString("coalesce(pg_column_size(" + column + "), 0) + ")
		}
	}
	return b.String() + strconv.Itoa(fixed)
}
