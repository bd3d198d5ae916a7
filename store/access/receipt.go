package access

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/internal/value"
)

// Receipt is the stored answer to a request with an idempotency key. A repeated request
// gets the same answer and is executed once. The receipt is written in the transaction
// of the request, so both are committed or neither is.
type Receipt struct {
	// Scope and Key identify the receipt. Scope is the caller and the target of the
	// request, Key the idempotency key sent by the client.
	Scope, Key string

	// Caller groups receipts for [CountReceipts].
	Caller string

	// Fingerprint distinguishes requests with the same key.
	Fingerprint string

	// Answer is a text of the surface that gave it.
	Answer string
}

// FindReceipt returns a receipt that has not expired, or nil. It locks the receipt until
// the transaction ends: Receipt in another transaction fails with [fault.ErrReceiptBusy], or
// waits on SQLite.
func FindReceipt(ctx context.Context, tx *store.Tx, scope, key string) (*Receipt, error) {
	if core.SessionOf(tx).DB.Engine.Postgres() {
		ok, err := core.SessionOf(tx).Tx.TryLock(ctx, "receipt "+scope+" "+key)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fault.ErrReceiptBusy
		}
	}
	var found *Receipt
	err := core.SessionOf(tx).Tuples(ctx, &driver.Statement{
		Table: "plinth_idempotency",
		SQL:   core.SessionOf(tx).DB.Placeholders("select fingerprint, answer from plinth_idempotency where scope = $1 and key = $2 and expires_at > $3"),
		Args:  []any{scope, key, value.StoredTime(core.SessionOf(tx).DB.Options.Now())},
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindText, driver.KindText}, EachExtra: true},
	}, func(values [][]byte) error {
		fingerprint, err := value.UnquoteJSON(values[0])
		answer, err2 := value.UnquoteJSON(values[1])
		found = &Receipt{Scope: scope, Key: key, Fingerprint: fingerprint, Answer: answer}
		return errors.Join(err, err2)
	})
	if err != nil {
		return nil, fmt.Errorf("store: read a receipt; are the migrations applied? %w", err)
	}
	return found, nil
}

// ReceiptCount is the stored total for one caller.
type ReceiptCount struct {
	// Count is the number of receipts that have not expired, and Bytes the size of
	// their answers.
	Count, Bytes int64

	// Frees is the time from now until the first of them expires.
	Frees time.Duration

	// Kept reports that the given receipt is stored and has not expired.
	Kept bool
}

// CountReceipts returns how many receipts the caller of r has, and whether r is among
// them. It runs outside the transaction that inserts the receipt. Within it, two
// serializable transactions of one caller would conflict. Concurrent requests therefore
// all see the count of what was committed before.
func CountReceipts(ctx context.Context, outer *store.DB, r Receipt) (ReceiptCount, error) {
	db := core.SessionOf(outer).DB
	var c ReceiptCount
	now := db.Options.Now()
	err := core.SessionOf(db).Tuples(ctx, &driver.Statement{
		Table: "plinth_idempotency",
		SQL:   db.Placeholders(countReceipts),
		Args:  []any{r.Caller, value.StoredTime(now), r.Scope, r.Key},
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt, driver.KindInt, driver.KindTimestamp, driver.KindInt}, EachExtra: true},
	}, func(values [][]byte) error {
		var errs [4]error
		c.Count, errs[0] = strconv.ParseInt(string(values[0]), 10, 64)
		c.Bytes, errs[1] = strconv.ParseInt(string(values[1]), 10, 64)
		if string(values[2]) != "null" {
			var text string
			var first time.Time
			if text, errs[2] = value.UnquoteJSON(values[2]); errs[2] == nil {
				first, errs[2] = canon.ParseTimestamp(text)
			}
			c.Frees = first.Sub(now)
		}
		c.Kept = string(values[3]) != "0"
		return errors.Join(errs[:]...)
	})
	if err != nil {
		return ReceiptCount{}, fmt.Errorf("store: count receipts; are the migrations applied? %w", err)
	}
	return c, nil
}

const countReceipts = "select count(*), cast(coalesce(sum(size), 0) as bigint), min(expires_at)," +
	" (select count(*) from plinth_idempotency where scope = $3 and key = $4 and expires_at > $2)" +
	" from plinth_idempotency where caller = $1 and expires_at > $2"

// KeepReceipt writes a receipt and replaces an expired one. It expires after keep and
// is removed some time later by TrimReceipts.
func KeepReceipt(ctx context.Context, tx *store.Tx, r Receipt, keep time.Duration) error {
	// A transaction that inserted the same key may have committed since this one began.
	// Its row is invisible here, so the conflict makes this transaction start again.
	return core.SessionOf(tx).Run(ctx, "insert into plinth_idempotency (scope, key, caller, fingerprint, answer, size, expires_at)"+
		" values ($1, $2, $3, $4, $5, $6, $7)"+
		" on conflict (scope, key) do update set caller = excluded.caller, fingerprint = excluded.fingerprint,"+
		" answer = excluded.answer, size = excluded.size, expires_at = excluded.expires_at",
		r.Scope, r.Key, r.Caller, r.Fingerprint, r.Answer, int64(len(r.Answer)), value.StoredTime(core.SessionOf(tx).DB.Options.Now().Add(keep)))
}

// trimReceipts is how many receipts one statement of a trim removes.
const trimReceipts = 1000

// TrimReceipts removes expired receipts and returns their number. An application calls it
// periodically.
func TrimReceipts(ctx context.Context, outer *store.DB) (int64, error) {
	db := core.SessionOf(outer).DB
	const expired = "select scope, key from plinth_idempotency where expires_at <= $1 order by expires_at limit $2"
	var total int64
	for {
		n, err := core.SessionOf(db).Exec(ctx, &driver.Statement{
			Table: "plinth_idempotency",
			SQL:   db.Placeholders("delete from plinth_idempotency where (scope, key) in (" + expired + ")"),
			Args:  []any{value.StoredTime(db.Options.Now()), int64(trimReceipts)},
			Write: true,
		})
		total += n
		if err != nil {
			return total, fmt.Errorf("store: trim receipts: %w", core.Conflict(err))
		}
		if n < trimReceipts {
			return total, nil
		}
	}
}

// TakeReceipt removes a receipt that has not expired and returns its answer. Of concurrent
// calls, on any instance, one finds it.
func TakeReceipt(ctx context.Context, outer *store.DB, scope, key string) (answer string, found bool, err error) {
	db := core.SessionOf(outer).DB
	err = core.SessionOf(db).Tuples(ctx, &driver.Statement{
		Table: "plinth_idempotency",
		SQL:   db.Placeholders("delete from plinth_idempotency where scope = $1 and key = $2 and expires_at > $3 returning answer"),
		Args:  []any{scope, key, value.StoredTime(db.Options.Now())},
		Write: true,
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindText}, EachExtra: true},
	}, func(values [][]byte) (err error) {
		found = true
		answer, err = value.UnquoteJSON(values[0])
		return err
	})
	if err != nil {
		return "", false, fmt.Errorf("store: take a receipt: %w", core.Conflict(err))
	}
	return answer, found, nil
}
