package main

import (
	"context"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// maxDailyLimit is the highest limit in cents that customers can set.
const maxDailyLimit = 10_000_00

// zone is the time zone of the bank, in which its days begin.
var zone = mustLoadLocation("Europe/Berlin")

func mustLoadLocation(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

// withinLimit rejects an order beyond the limit of the customer for a day. The limit holds for
// all accounts of the customer together.
func withinLimit(ctx context.Context, tx *store.Tx, o Order) error {
	customer, err := store.For[Customer](tx).Get(ctx, o.By)
	if err != nil {
		return err
	}
	spent, err := spentToday(ctx, tx, o.By)
	if err != nil {
		return err
	}
	if o.Amount > customer.DailyLimit-spent {
		return errLimit
	}
	return nil
}

// needsCode rejects an amount for a caller without a second factor if it is large, alone or
// together with what the caller has sent today and what scheduled transfers will send.
func needsCode(ctx context.Context, tx *store.Tx, customer store.ID, amount int64, scheduled store.Cond) error {
	if auth.FromContext(ctx).AAL >= 2 {
		return nil
	}
	spent, err := spentToday(ctx, tx, customer)
	if err != nil {
		return err
	}
	open := store.And(store.Eq("owner_id", customer), scheduleDone.Eq(false), store.Related("to", ofOthers(customer)), scheduled)
	later, err := sum(ctx, store.For[Schedule](tx), open, scheduleAmount)
	if err == nil && amount > stepUpAmount-spent-later {
		err = errStepUp
	}
	return err
}

// spentToday returns how much a customer has sent to accounts of others today.
func spentToday(ctx context.Context, s store.Session, customer store.ID) (int64, error) {
	return sum(ctx, store.For[Transfer](s), store.And(
		transferBy.Eq(customer), transferBookedAt.Gte(startOfDay(time.Now())), store.Null("reverses_id"), store.Related("to", ofOthers(customer)),
	), transferAmount)
}

// ofOthers selects the accounts that a customer does not own.
func ofOthers(customer store.ID) store.Cond {
	return store.Or(store.Null("owner_id"), store.Not(store.Eq("owner_id", customer)))
}

// sum adds the amounts of rows.
func sum[T any](ctx context.Context, rows store.Repo[T], where store.Cond, amount store.NumberCol[T, int64]) (int64, error) {
	type total struct{ amount store.Decimal }
	groups, err := store.Groups(ctx, rows, store.Query{Where: where}, store.SumInto(amount, func(t *total) *store.Decimal { return &t.amount }))
	if err != nil || len(groups) == 0 {
		return 0, err
	}
	return strconv.ParseInt(groups[0].amount.String(), 10, 64)
}

// startOfDay returns when the day of a time began for the bank.
func startOfDay(t time.Time) time.Time {
	year, month, day := t.In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, zone)
}

// setDailyLimit changes the limit of a customer. A higher limit needs a second factor.
func setDailyLimit(ctx context.Context, tx *store.Tx, customer store.ID, limit int64) error {
	if limit < 0 || limit > maxDailyLimit {
		return errLimitRange
	}
	c, err := store.For[Customer](tx).Get(ctx, customer)
	if err != nil {
		return err
	}
	if limit > c.DailyLimit && auth.FromContext(ctx).AAL < 2 {
		return errStepUp
	}
	_, err = store.For[Customer](tx).Patch(ctx, customer, customerLimit.To(limit))
	return err
}
