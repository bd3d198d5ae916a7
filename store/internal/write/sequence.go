package write

import (
	"context"
	"math"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// maxClientKey is the largest number that a client may give as a key which the database
// else makes: beyond it JSON numbers are not exact, and the largest would end the keys.
const maxClientKey = 1<<53 - 1

// checkClientKey rejects a number that is too large for a client.
func (w *prepared) checkClientKey(c *schema.Column, v any) error {
	if n, ok := v.(int64); ok && c.Assignable && w.Scope != nil && n > maxClientKey {
		return c.ValueError(canon.ErrRange, "")
	}
	return nil
}

// generatedKey returns the column of a key that the database makes, or nil.
func generatedKey(t *schema.Table) *schema.Column {
	if len(t.PrimaryKey) == 1 && t.PrimaryKey[0].Generated {
		return t.PrimaryKey[0]
	}
	return nil
}

// greatestGivenKey returns the greatest number that rows give a key which the database else
// makes. It reports false if they give none.
func greatestGivenKey(t *schema.Table, rows [][]any) (greatest int64, given bool) {
	c := generatedKey(t)
	if c == nil {
		return 0, false
	}
	greatest = math.MinInt64
	for _, row := range rows {
		if _, gap := row[c.Index].(value.Absent); gap {
			continue
		}
		if n, ok := row[c.Index].(int64); ok {
			greatest, given = max(greatest, n), true
		}
	}
	return greatest, given
}

// movesSequence reports whether the insert gives keys that a sequence of PostgreSQL would
// make again later. SQLite takes the keys of rows into account by itself.
func (w *statement) movesSequence() bool {
	_, given := greatestGivenKey(w.Table, w.rows)
	return given && w.Session.DB.Dialect.Syntax().Sequences
}

// A sequence is moved by taking its next values, which never takes it back. Only a large
// distance is set, one transaction after the other.
const (
	ofSequence   = ` from (select pg_get_serial_sequence($2, $3)::regclass as seq) s where seq is not null`
	takeSequence = `select coalesce((select case when $1::bigint - last > 1000 then true else
	(select count(n) from (select nextval(l.seq) as n from generate_series(1, $1::bigint - last)) t) < 0 end
	from (select seq, coalesce(pg_sequence_last_value(seq), 0) as last` + ofSequence + `) l), false)`
	lockSequence = `select pg_advisory_xact_lock(hashtext('plinth sequence'), hashtext($1)) is null`
	setSequence  = `select setval(seq, greatest($1::bigint, pg_sequence_last_value(seq))) is null` + ofSequence
)

// moveSequence lets the keys that the database makes continue behind the given ones. It runs
// before the rows are inserted, which may mix both. If the insert fails, keys are left out.
func (w *steps) moveSequence(ctx context.Context, rows []*Row) error {
	if !w.Session.DB.Dialect.Syntax().Sequences {
		return nil
	}
	key, given := greatestGivenKey(w.Table, newImages(rows))
	if !given || key <= 0 {
		return nil
	}
	name := generatedKey(w.Table).Name
	far, err := w.Session.Truth(ctx, takeSequence, key, w.Table.SQLName, name)
	if err != nil || !far {
		return err
	}
	if _, err = w.Session.Truth(ctx, lockSequence, w.Table.SQLName); err == nil {
		_, err = w.Session.Truth(ctx, setSequence, key, w.Table.SQLName, name)
	}
	return err
}
