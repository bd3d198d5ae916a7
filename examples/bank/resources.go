package main

import (
	"context"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// staffRole is the role of the bank's staff.
const staffRole = "staff"

// staff are callers with the role and a second factor.
var staff = api.Role(staffRole).And(api.AAL(2))

// resources lists what the REST API serves. Customers read what is theirs, and staff reads
// everything. No policy lets a client write accounts, entries or transfers: only functions do.
func resources() []api.Exposed {
	mine := api.Owner("owner_id")
	payees := api.OwnedBy("owner_id")
	payees.Update = nil // another number under a known name would pass for the old one
	return []api.Exposed{
		api.Resource[Customer]{Policy: api.Policy{Read: api.AnyOf(api.Owner("id"), staff)}},
		api.Resource[Account]{Policy: api.Policy{Read: api.AnyOf(mine, staff)}},
		api.Resource[Entry]{Policy: api.Policy{Read: api.AnyOf(api.Related("account", mine), staff)}},
		api.Resource[Transfer]{Policy: api.Policy{Read: api.AnyOf(api.Related("from", mine), api.Related("to", mine), staff)}},
		api.Resource[Payee]{Policy: payees},
		api.Resource[Schedule]{Policy: api.Policy{Read: api.AnyOf(mine, staff), Delete: mine}},
		api.Resource[AuditEvent]{Policy: api.Policy{Read: staff}},
		api.TxFunc("transfer", api.SignedIn(), transferFunc),
		api.TxFunc("schedule_transfer", api.SignedIn(), scheduleFunc),
		api.TxFunc("set_daily_limit", api.SignedIn(), limitFunc),
		api.TxFunc("reverse", staff, reverseFunc),
	}
}

// transferArgs are the arguments of the function transfer. A client that repeats a request sends
// the same key, in place of or in addition to the header Idempotency-Key.
type transferArgs struct {
	From      store.ID `json:"from" validate:"required"`
	To        string   `json:"to" validate:"required"` // number of an account
	Amount    int64    `json:"amount" validate:"required"`
	Reference string   `json:"reference" validate:"max=140"`
	Key       string   `json:"key" validate:"required,max=80"`
}

func transferFunc(ctx context.Context, tx *store.Tx, in transferArgs) (*Transfer, error) {
	to, err := accountByNumber(ctx, tx, in.To)
	if err != nil {
		return nil, err
	}
	return bookForCaller(ctx, tx, Order{From: in.From, To: to.ID, Amount: in.Amount, Reference: in.Reference, Key: in.Key})
}

// scheduleArgs are the arguments of the function schedule_transfer.
type scheduleArgs struct {
	From      store.ID   `json:"from" validate:"required"`
	To        string     `json:"to" validate:"required"`
	Amount    int64      `json:"amount" validate:"required"`
	Reference string     `json:"reference" validate:"max=140"`
	Every     string     `json:"every" validate:"required"`
	FirstOn   store.Date `json:"first_on" validate:"required"`
	Key       string     `json:"key" validate:"required,max=80"`
}

func scheduleFunc(ctx context.Context, tx *store.Tx, in scheduleArgs) (struct{}, error) {
	to, err := accountByNumber(ctx, tx, in.To)
	if err != nil {
		return struct{}{}, err
	}
	s := &Schedule{Key: in.Key, FromID: in.From, ToID: to.ID, Amount: in.Amount, Reference: in.Reference, Every: in.Every, FirstOn: in.FirstOn}
	return struct{}{}, schedule(ctx, tx, s)
}

func limitFunc(ctx context.Context, tx *store.Tx, in struct {
	Cents *int64 `json:"cents" validate:"required"`
},
) (struct{}, error) {
	id, err := callerID(ctx)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, setDailyLimit(ctx, tx, id, *in.Cents)
}

func reverseFunc(ctx context.Context, tx *store.Tx, in struct {
	Transfer store.ID `json:"transfer" validate:"required"`
	Reason   string   `json:"reason" validate:"required,max=100"`
},
) (*Transfer, error) {
	id, err := callerID(ctx)
	if err != nil {
		return nil, err
	}
	return reverse(ctx, tx, id, in.Transfer, in.Reason)
}

// callerID returns the ID of the user who makes a request.
func callerID(ctx context.Context) (store.ID, error) {
	id, err := store.ParseID(auth.FromContext(ctx).ID)
	if err != nil {
		return id, store.ErrDenied
	}
	return id, nil
}
