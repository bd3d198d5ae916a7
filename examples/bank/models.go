package main

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/store"
)

// Customer is a user with accounts. Its ID is that of the user.
type Customer struct {
	bun.BaseModel `bun:"table:customers"`
	store.Model
	Name       string `bun:",notnull" validate:"required,max=80"`
	Email      string `bun:",notnull,unique" validate:"required,email"`
	DailyLimit int64  `bun:",notnull" plinth:"check=daily_limit >= 0" validate:"min=0"` // cents
}

// Account is an account of a customer, or of a company or the bank itself if it has no owner.
//
// Balance is kept beside the entries: it is the sum of their amounts, and Entries is their
// number. Post changes both in the transaction that writes an entry. So a balance is read
// from one row, and two transfers from one account conflict on it. [CheckLedger] compares
// it with the entries.
type Account struct {
	bun.BaseModel `bun:"table:accounts"`
	store.Model
	OwnerID *store.ID
	Holder  string `bun:",notnull" validate:"required,max=80"`
	Name    string `bun:",notnull" validate:"required,max=40"`
	Number  string `bun:",notnull,unique" validate:"required"`
	Lowest  int64  `bun:",notnull"` // balance, in cents: zero, or less with an overdraft
	Balance int64  `bun:",notnull" plinth:"readonly,check=balance >= lowest"`
	Entries int64  `bun:",notnull" plinth:"readonly"`

	Owner *Customer `bun:"rel:belongs-to,join:owner_id=id"`
}

// Transfer is money that went from one account to another. It is never changed. A reversal is
// another transfer.
type Transfer struct {
	bun.BaseModel `bun:"table:transfers" plinth:"index=by_id|booked_at,check=from_id <> to_id"`
	ID            store.ID  `bun:",pk,type:uuid"`
	BookedAt      time.Time `bun:",notnull"`
	ByID          store.ID  `bun:",notnull,unique:order"` // customer or member of staff
	Key           string    `bun:",notnull,unique:order"` // of the order, see [Order]
	FromID        store.ID  `bun:",notnull"`
	ToID          store.ID  `bun:",notnull"`
	Amount        int64     `bun:",notnull" plinth:"check=amount > 0"` // cents
	Reference     string    `bun:",notnull"`
	ReversesID    *store.ID `bun:",unique"`

	From     *Account  `bun:"rel:belongs-to,join:from_id=id"`
	To       *Account  `bun:"rel:belongs-to,join:to_id=id"`
	Reverses *Transfer `bun:"rel:belongs-to,join:reverses_id=id"`
}

// Entry is the part of a transfer that one account has. It is never changed.
type Entry struct {
	bun.BaseModel `bun:"table:entries"`
	ID            store.ID  `bun:",pk,type:uuid"`
	TransferID    store.ID  `bun:",notnull,unique:leg"`
	AccountID     store.ID  `bun:",notnull,unique:leg,unique:line"`
	Line          int64     `bun:",notnull,unique:line"` // 1 for the first entry of the account
	BookedAt      time.Time `bun:",notnull"`
	Amount        int64     `bun:",notnull"` // cents, negative if money left the account
	Balance       int64     `bun:",notnull"` // after the entry
	Counterparty  string    `bun:",notnull"` // holder of the other account at that time
	OtherNumber   string    `bun:",notnull"` // its number
	Reference     string    `bun:",notnull"`

	Transfer *Transfer `bun:"rel:belongs-to,join:transfer_id=id"`
	Account  *Account  `bun:"rel:belongs-to,join:account_id=id"`
}

// Payee is an account to which a customer sends money.
type Payee struct {
	bun.BaseModel `bun:"table:payees"`
	store.Model
	OwnerID store.ID `bun:",notnull,unique:number"`
	Name    string   `bun:",notnull" validate:"required,max=80"`
	Number  string   `bun:",notnull,unique:number" validate:"required,max=40"`
}

// Schedule is a transfer at a later day, once or again and again.
type Schedule struct {
	bun.BaseModel `bun:"table:schedules"`
	store.Model
	OwnerID   store.ID   `bun:",notnull,unique:order"`
	Key       string     `bun:",notnull,unique:order"` // as that of an [Order]
	FromID    store.ID   `bun:",notnull"`
	ToID      store.ID   `bun:",notnull"`
	Amount    int64      `bun:",notnull" plinth:"check=amount > 0" validate:"min=1"`
	Reference string     `bun:",notnull" validate:"max=140"`
	Every     string     `bun:",notnull" plinth:"enum=once|week|month"`
	FirstOn   store.Date `bun:",notnull"`
	NextOn    store.Date `bun:",notnull"`
	Done      bool       `bun:",notnull"`
	Problem   string     `bun:",notnull"` // why the last transfer was refused

	From *Account `bun:"rel:belongs-to,join:from_id=id"`
	To   *Account `bun:"rel:belongs-to,join:to_id=id"`
}

// AuditEvent is a change of the tables that staff look at. A reader of the change log writes it.
type AuditEvent struct {
	bun.BaseModel `bun:"table:audit_events"`
	store.Untracked
	ID     store.ID  `bun:",pk,type:uuid"`
	At     time.Time `bun:",notnull"`
	Actor  string    `bun:",notnull"`
	Action string    `bun:",notnull"` // such as "transfer"
	Text   string    `bun:",notnull"`
}

var (
	customerName  = store.TextColumn(func(c *Customer) *string { return &c.Name })
	customerLimit = store.Number(func(c *Customer) *int64 { return &c.DailyLimit })

	accountHolder  = store.TextColumn(func(a *Account) *string { return &a.Holder })
	accountNumber  = store.TextColumn(func(a *Account) *string { return &a.Number })
	accountBalance = store.Number(func(a *Account) *int64 { return &a.Balance })
	accountEntries = store.Number(func(a *Account) *int64 { return &a.Entries })

	entryAccount = store.ColumnOf(func(e *Entry) *store.ID { return &e.AccountID })
	entryLine    = store.Number(func(e *Entry) *int64 { return &e.Line })
	entryAmount  = store.Number(func(e *Entry) *int64 { return &e.Amount })

	entryBookedAt     = store.Number(func(e *Entry) *time.Time { return &e.BookedAt })
	entryCounterparty = store.TextColumn(func(e *Entry) *string { return &e.Counterparty })
	entryReference    = store.TextColumn(func(e *Entry) *string { return &e.Reference })

	scheduleAmount = store.Number(func(s *Schedule) *int64 { return &s.Amount })
	scheduleDone   = store.ColumnOf(func(s *Schedule) *bool { return &s.Done })
	scheduleNextOn = store.Number(func(s *Schedule) *store.Date { return &s.NextOn })

	transferBy       = store.ColumnOf(func(t *Transfer) *store.ID { return &t.ByID })
	transferKey      = store.ColumnOf(func(t *Transfer) *string { return &t.Key })
	transferAmount   = store.Number(func(t *Transfer) *int64 { return &t.Amount })
	transferBookedAt = store.Number(func(t *Transfer) *time.Time { return &t.BookedAt })
)
