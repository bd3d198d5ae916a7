package data

import (
	"context"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// Room selects a budget on which less than a count is spent.
func Room(key string, count int64, now time.Time) store.Cond {
	return store.And(failuresKey.Eq(key), failuresCount.Lt(count), failuresExpiresAt.Gt(now))
}

// Spend adds one to the n budgets that a condition selects, or to none if there are fewer.
func Spend(ctx context.Context, s store.Session, n int, room store.Cond) (bool, error) {
	counted, err := store.For[Failures](s).PatchExactly(ctx, n, room, failuresCount.Add(1))
	return len(counted) > 0, err
}

// SpendOne adds one to the budget that a condition selects, and reports whether there is one.
func SpendOne(ctx context.Context, tx *store.Tx, room store.Cond) (bool, error) {
	n, err := store.For[Failures](tx).PatchWhere(ctx, room, failuresCount.Add(1))
	return n == 1, err
}

// BeginBudget begins the count of a budget anew if it is over, and reports whether it was.
func BeginBudget(ctx context.Context, tx *store.Tx, key string, now, until time.Time) (bool, error) {
	n, err := store.For[Failures](tx).PatchWhere(ctx, store.And(failuresKey.Eq(key), failuresExpiresAt.Lte(now)),
		failuresCount.To(1), failuresSince.To(now), failuresExpiresAt.To(until))
	return n == 1, err
}

// GetBudget reads how much of a budget is spent.
func GetBudget(ctx context.Context, s store.Session, key string) (*Failures, error) {
	return store.For[Failures](s).Get(ctx, key)
}

// counted selects what was counted until a time.
func counted(which store.Cond, at time.Time) store.Cond {
	return store.And(which, failuresCount.Gt(0), failuresSince.Lte(at))
}

// Return takes back what was counted until a time on each of some budgets, or on none if one has
// begun anew.
func Return(ctx context.Context, s store.Session, keys []string, at time.Time) ([]*Failures, error) {
	return store.For[Failures](s).PatchExactly(ctx, len(keys), counted(failuresKey.In(keys...), at), failuresCount.Add(-1))
}

// ReturnSome takes back what was counted until a time on those of some budgets that remain.
func ReturnSome(ctx context.Context, s store.Session, keys []string, at time.Time) error {
	_, err := store.For[Failures](s).PatchWhere(ctx, counted(failuresKey.In(keys...), at), failuresCount.Add(-1))
	return err
}

// ReturnOne takes back what was counted until a time on a budget. It reports whether nothing else
// was.
func ReturnOne(ctx context.Context, s store.Session, key string, at time.Time) (alone bool, err error) {
	rows, which := store.For[Failures](s), counted(failuresKey.Eq(key), at)
	n, err := rows.PatchWhere(ctx, store.And(which, failuresCount.Eq(1)), failuresCount.To(0))
	if err == nil && n == 0 {
		_, err = rows.PatchWhere(ctx, which, failuresCount.Add(-1))
	}
	return n == 1, err
}

// KeepSpent lets a budget that ends before a time end at another: until full if at least most is
// spent, and until less otherwise.
func KeepSpent(ctx context.Context, s store.Session, key string, most int64, before, full, less time.Time) error {
	rows, open := store.For[Failures](s), store.And(failuresKey.Eq(key), failuresExpiresAt.Lte(before))
	if _, err := rows.PatchWhere(ctx, store.And(open, failuresCount.Gte(most)), failuresExpiresAt.To(full)); err != nil {
		return err
	}
	_, err := rows.PatchWhere(ctx, store.And(open, failuresCount.Lt(most)), failuresExpiresAt.To(less))
	return err
}

// IsSpent reports whether anything of a budget is spent.
func IsSpent(ctx context.Context, s store.Session, key string) (bool, error) {
	n, err := store.For[Failures](s).Count(ctx, store.And(failuresKey.Eq(key), failuresCount.Gt(0)))
	return n > 0, err
}

// DropBudgets deletes budgets.
func DropBudgets(ctx context.Context, s store.Session, keys ...string) error {
	_, err := store.For[Failures](s).DeleteWhere(ctx, failuresKey.In(keys...))
	return err
}

// RecordMail records a mail about a subject, unless there was one since a time. It reports
// whether it has, and whether there was one at all.
func RecordMail(ctx context.Context, tx *store.Tx, subject string, since, now time.Time) (recorded, known bool, err error) {
	rows, this := store.For[MailTime](tx), mailTimeSubject.Eq(subject)
	n, err := rows.PatchWhere(ctx, store.And(this, mailTimeSentAt.Lte(since)), mailTimeSentAt.To(now))
	if err != nil || n == 1 {
		return n == 1, true, err
	}
	had, err := rows.Count(ctx, this)
	return false, had > 0, err
}

// DueMails reads mails that are due, the oldest first.
func DueMails(ctx context.Context, s store.Session, now time.Time, most int) ([]*Outgoing, error) {
	return store.For[Outgoing](s).List(ctx, store.Query{Where: outgoingDueAt.Lte(now), Order: []store.Order{outgoingDueAt.Asc()}, Limit: &most})
}

// DropMail deletes a mail unless an instance of an earlier version has claimed it.
func DropMail(ctx context.Context, s store.Session, o *Outgoing) (bool, error) {
	n, err := store.For[Outgoing](s).DeleteWhere(ctx, store.And(outgoingID.Eq(o.ID), outgoingAttempts.Eq(o.Attempts)))
	return n == 1, err
}
