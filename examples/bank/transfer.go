package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// maxAmount is the highest amount of an order, in cents.
const maxAmount = 1_000_000_00

// stepUpAmount is the amount in cents above which a transfer needs a second factor.
const stepUpAmount = 1_000_00

// Order is a transfer that a customer asks for.
type Order struct {
	By        store.ID // customer
	From, To  store.ID // accounts; From is one of the customer
	Amount    int64    // cents
	Reference string

	// Key is unique among the orders of a customer. An order that is sent again, because the
	// answer was lost, has the same key and gets the transfer of the first one. Keys of
	// customers have no spaces. Those of schedules and reversals do.
	Key string
}

// checkAmount rejects an amount that no order has.
func checkAmount(amount int64) error {
	switch {
	case amount <= 0:
		return errAmount
	case amount > maxAmount:
		return errMaxAmount
	}
	return nil
}

// checkOrder rejects what a customer cannot order: an amount, or a key.
func checkOrder(amount int64, key string) error {
	if strings.Contains(key, " ") || len(key) > 80 {
		return errKeySpace
	}
	return checkAmount(amount)
}

// bookForCaller books an order of the caller of a request, who needs a second factor for a
// large amount, also in parts on one day.
func bookForCaller(ctx context.Context, tx *store.Tx, o Order) (*Transfer, error) {
	var err error
	if o.By, err = callerID(ctx); err != nil {
		return nil, err
	}
	if err := checkOrder(o.Amount, o.Key); err != nil {
		return nil, err
	}
	if t, err := booked(ctx, tx, o); t != nil || err != nil {
		return t, err
	}
	today := scheduleNextOn.Lte(store.DateOf(time.Now().In(zone)))
	if err := needsCode(ctx, tx, o.By, o.Amount, today); err != nil {
		return nil, err
	}
	return book(ctx, tx, o)
}

// book books an order. The transaction must be serializable, which is the default: what this
// function reads is still true when it commits. So two orders at a time cannot both use the
// same money, or the same rest of a limit.
func book(ctx context.Context, tx *store.Tx, o Order) (*Transfer, error) {
	if t, err := booked(ctx, tx, o); t != nil || err != nil {
		return t, err
	}
	if err := checkAmount(o.Amount); err != nil {
		return nil, err
	}
	if o.From == o.To {
		return nil, errSame
	}
	from, err := store.For[Account](tx).Get(ctx, o.From)
	if errors.Is(err, store.ErrNotFound) || err == nil && !from.ownedBy(o.By) {
		return nil, errFrom
	}
	if err != nil {
		return nil, err
	}
	to, err := store.For[Account](tx).Get(ctx, o.To)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errTo
	}
	if err != nil {
		return nil, err
	}
	if o.Amount > from.Balance-from.Lowest {
		return nil, errFunds
	}
	if !to.ownedBy(o.By) {
		if err := withinLimit(ctx, tx, o); err != nil {
			return nil, err
		}
	}
	t := &Transfer{ByID: o.By, Key: o.Key, Amount: o.Amount, Reference: o.Reference}
	return t, post(ctx, tx, t, from, to)
}

// booked returns the transfer of an earlier order with the same key, nil if there is none.
func booked(ctx context.Context, tx *store.Tx, o Order) (*Transfer, error) {
	t, err := store.For[Transfer](tx).First(ctx, store.Query{Where: store.And(transferBy.Eq(o.By), transferKey.Eq(o.Key))})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case t.FromID != o.From || t.ToID != o.To || t.Amount != o.Amount || t.Reference != o.Reference:
		return nil, errKey
	}
	return t, nil
}

// reverse books a transfer back. The receiver must still have the money. Staff cannot reverse
// transfers of their own accounts.
func reverse(ctx context.Context, tx *store.Tx, by, id store.ID, reason string) (*Transfer, error) {
	t, err := store.For[Transfer](tx).First(ctx, store.Query{
		Where: store.Eq("id", id), With: []store.Embed{{Relation: "from"}, {Relation: "to"}},
	})
	if err != nil {
		return nil, err
	}
	if t.ReversesID != nil {
		return nil, errReversal
	}
	switch n, err := store.For[Transfer](tx).Count(ctx, store.Eq("reverses_id", id)); {
	case err != nil:
		return nil, err
	case n > 0:
		return nil, errReversed
	}
	if t.From.ownedBy(by) || t.To.ownedBy(by) {
		return nil, errOwn
	}
	if t.Amount > t.To.Balance-t.To.Lowest {
		return nil, errFunds
	}
	back := &Transfer{ByID: by, Key: "reverse " + id.String(), Amount: t.Amount, Reference: "Reversal: " + reason, ReversesID: &id}
	return back, post(ctx, tx, back, t.To, t.From)
}

// ownedBy reports whether an account is one of a customer.
func (a *Account) ownedBy(customer store.ID) bool { return a.OwnerID != nil && *a.OwnerID == customer }

// accountByNumber returns the account of a number, in which spaces do not count.
func accountByNumber(ctx context.Context, s store.Session, number string) (*Account, error) {
	number = strings.ToUpper(strings.Join(strings.Fields(number), ""))
	a, err := store.For[Account](s).First(ctx, store.Query{Where: accountNumber.Eq(number)})
	if errors.Is(err, store.ErrNotFound) {
		return nil, errTo
	}
	return a, err
}
