package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// Receipt is the answer to a request, kept so that the same request sent again is
// answered alike and done once. It is written in the transaction of what the
// request does: both are there or neither is.
type Receipt struct {
	// Scope and Key name the receipt: whose request it was, and for what, and the
	// name that the client has given it.
	Scope, Key string

	// Fingerprint tells requests with one name apart.
	Fingerprint string

	// Answer is a text of the surface that gave it.
	Answer string
}

// ErrReceiptBusy reports that another transaction is about to write the receipt.
var ErrReceiptBusy error = &coded{"store: a request with this key is running", "PL409"}

// Receipt returns a receipt that counts, or nil. Until the transaction ends no
// other can ask for it: there it is [ErrReceiptBusy], or on SQLite waits.
func (tx *Tx) Receipt(ctx context.Context, scope, key string) (*Receipt, error) {
	if tx.db.dialect.Postgres() {
		ok, err := tx.tryLock(ctx, "receipt "+scope+" "+key)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, ErrReceiptBusy
		}
	}
	var found *Receipt
	err := tx.session().tuples(ctx, &driver.Statement{
		SQL:   tx.db.placeholders("select fingerprint, answer from plinth_idempotency where scope = $1 and key = $2 and expires_at > $3"),
		Args:  []any{scope, key, receiptTime(tx.db.options.Now())},
		Shape: &driver.Shape{Extra: []Kind{KindText, KindText}, EachExtra: true},
	}, func(values [][]byte) error {
		fingerprint, err := unquoteJSON(values[0])
		answer, err2 := unquoteJSON(values[1])
		found = &Receipt{Scope: scope, Key: key, Fingerprint: fingerprint, Answer: answer}
		return errors.Join(err, err2)
	})
	if err != nil {
		return nil, fmt.Errorf("store: read a receipt; are the migrations applied? %w", err)
	}
	return found, nil
}

// KeepReceipt writes a receipt, over one that counts no more. It counts for as
// long as keep says, and is removed some time later; see [DB.RunNotifier].
func (tx *Tx) KeepReceipt(ctx context.Context, r Receipt, keep time.Duration) error {
	// Behind the lock a row that this transaction does not see can only be one
	// that was committed since it began; the conflict then makes it start again.
	_, err := tx.session().exec(ctx, &driver.Statement{
		SQL: tx.db.placeholders("insert into plinth_idempotency (scope, key, fingerprint, answer, expires_at) values ($1, $2, $3, $4, $5)" +
			" on conflict (scope, key) do update set fingerprint = excluded.fingerprint, answer = excluded.answer, expires_at = excluded.expires_at"),
		Args:  []any{r.Scope, r.Key, r.Fingerprint, r.Answer, receiptTime(tx.db.options.Now().Add(keep))},
		Write: true,
	})
	return err
}

// trimReceipts is how many receipts one statement of a trim removes.
const trimReceipts = 1000

// TrimReceipts removes the receipts that count no more and returns how many those
// were. [DB.RunNotifier] calls it from time to time.
func (db *DB) TrimReceipts(ctx context.Context) (int64, error) {
	const expired = "select scope, key from plinth_idempotency where expires_at <= $1 order by expires_at limit $2"
	var total int64
	for {
		n, err := db.session().exec(ctx, &driver.Statement{
			SQL:   db.placeholders("delete from plinth_idempotency where (scope, key) in (" + expired + ")"),
			Args:  []any{receiptTime(db.options.Now()), int64(trimReceipts)},
			Write: true,
		})
		total += n
		if err != nil {
			return total, fmt.Errorf("store: trim receipts: %w", conflict(err))
		}
		if n < trimReceipts {
			return total, nil
		}
	}
}

func receiptTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
