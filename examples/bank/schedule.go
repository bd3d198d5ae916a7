package main

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// dueTransfer are the arguments of a job that books one transfer of a schedule.
type dueTransfer struct {
	Schedule store.ID   `json:"schedule"`
	On       store.Date `json:"on"`
}

// scheduler books scheduled transfers. A cron schedule enqueues a job for each transfer that is
// due. The job books it and moves the schedule on in one transaction, so a transfer is booked
// once, whatever process runs the job and however often it starts.
type scheduler struct {
	db   *store.DB
	jobs *jobs.Kind[dueTransfer]
}

func newScheduler(db *store.DB, js *jobs.Jobs) *scheduler {
	s := &scheduler{db: db}
	s.jobs = jobs.RegisterTx(js, "schedule.book", bookDue, &jobs.Options[dueTransfer]{
		Unique: func(d dueTransfer) string { return d.Schedule.String() + " " + d.On.String() },
	})
	return s
}

// enqueueDue enqueues the transfers that are due at a time.
func (s *scheduler) enqueueDue(ctx context.Context, at time.Time) error {
	return s.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var due []dueTransfer
		open := store.And(scheduleDone.Eq(false), scheduleNextOn.Lte(store.DateOf(at.In(zone))))
		for row, err := range store.For[Schedule](tx).Each(ctx, store.Query{Where: open}) {
			if err != nil {
				return err
			}
			due = append(due, dueTransfer{row.ID, row.NextOn})
		}
		return s.jobs.EnqueueMany(ctx, tx, due)
	})
}

// bookDue books a transfer of a schedule unless that is done already. A refusal is noted for
// the customer, and the schedule goes on.
func bookDue(ctx context.Context, tx *store.Tx, due dueTransfer) error {
	s, err := store.For[Schedule](tx).Get(ctx, due.Schedule)
	if errors.Is(err, store.ErrNotFound) || err == nil && (s.Done || s.NextOn != due.On) {
		return nil // removed, or booked before
	}
	if err != nil {
		return err
	}
	_, err = book(store.WithActor(ctx, s.OwnerID.String()), tx, Order{
		By: s.OwnerID, From: s.FromID, To: s.ToID, Amount: s.Amount, Reference: s.Reference,
		Key: "schedule " + s.ID.String() + " " + due.On.String(),
	})
	var refusal *Refusal
	s.Problem = ""
	switch {
	case errors.As(err, &refusal):
		s.Problem = due.On.String() + ": " + refusal.Text
	case err != nil:
		return err
	}
	s.NextOn, s.Done = s.after(due.On)
	return store.For[Schedule](tx).Save(ctx, s)
}

// schedule stores a schedule of the caller. A large amount needs a second factor now, since
// there is no caller when it is booked, and so do schedules that come to one together. A
// schedule that is sent again is stored once.
func schedule(ctx context.Context, tx *store.Tx, s *Schedule) error {
	var err error
	if s.OwnerID, err = callerID(ctx); err != nil {
		return err
	}
	if err := checkOrder(s.Amount, s.Key); err != nil {
		return err
	}
	before, err := store.For[Schedule](tx).First(ctx, store.Query{Where: store.And(store.Eq("owner_id", s.OwnerID), store.Eq("key", s.Key))})
	switch {
	case err == nil && before.same(s):
		return nil
	case err == nil:
		return errKey
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	from, err := store.For[Account](tx).Get(ctx, s.FromID)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && !from.ownedBy(s.OwnerID):
		return errFrom
	case err != nil:
		return err
	case s.FromID == s.ToID:
		return errSame
	case s.FirstOn.Compare(store.DateOf(time.Now().In(zone))) < 0:
		return errPast
	}
	if err := withinDailyLimit(ctx, tx, s); err != nil {
		return err
	}
	if err := needsCode(ctx, tx, s.OwnerID, s.Amount, store.True()); err != nil {
		return err
	}
	s.NextOn = s.FirstOn
	return store.For[Schedule](tx).Insert(ctx, s)
}

// withinDailyLimit rejects a schedule that could never be booked, because its amount alone is
// above the limit of its owner.
func withinDailyLimit(ctx context.Context, tx *store.Tx, s *Schedule) error {
	to, err := store.For[Account](tx).Get(ctx, s.ToID)
	if err != nil || to.ownedBy(s.OwnerID) {
		return err
	}
	customer, err := store.For[Customer](tx).Get(ctx, s.OwnerID)
	if err == nil && s.Amount > customer.DailyLimit {
		err = errDailyLimit
	}
	return err
}

// same reports whether two schedules are of one order.
func (s *Schedule) same(o *Schedule) bool {
	return s.FromID == o.FromID && s.ToID == o.ToID && s.Amount == o.Amount && s.Reference == o.Reference && s.Every == o.Every && s.FirstOn == o.FirstOn
}

// after returns the next day of a schedule, or that there is none. A monthly one that begins
// at the end of a month stays there.
func (s *Schedule) after(last store.Date) (next store.Date, done bool) {
	switch s.Every {
	case "week":
		return last.AddDays(7), false
	case "month":
		first, t := s.FirstOn.Time(), last.Time()
		month := time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		end := month.AddDate(0, 1, -1).Day()
		return store.NewDate(month.Year(), month.Month(), min(first.Day(), end)), false
	}
	return last, true
}
