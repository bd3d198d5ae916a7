package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// post books a transfer: it changes the balances of both accounts, writes an entry for each, and
// then the transfer. When its row is inserted the database checks that its entries move its
// amount, and so sum to zero, and that nothing of it is changed later. See the migrations after
// the first.
func post(ctx context.Context, tx *store.Tx, t *Transfer, from, to *Account) error {
	t.ID, t.FromID, t.ToID = store.NewID(), from.ID, to.ID
	if t.BookedAt.IsZero() {
		t.BookedAt = time.Now()
	}
	entries := []*Entry{
		{AccountID: from.ID, Amount: -t.Amount, Counterparty: to.Holder, OtherNumber: to.Number},
		{AccountID: to.ID, Amount: t.Amount, Counterparty: from.Holder, OtherNumber: from.Number},
	}
	// All transfers lock accounts in one order, so that two of them do not block each other.
	slices.SortFunc(entries, func(a, b *Entry) int { return a.AccountID.Compare(b.AccountID) })
	for _, e := range entries {
		account, err := store.For[Account](tx).Patch(ctx, e.AccountID, accountBalance.Add(e.Amount), accountEntries.Add(1))
		if err != nil {
			return err
		}
		e.TransferID, e.BookedAt, e.Reference = t.ID, t.BookedAt, t.Reference
		e.Line, e.Balance = account.Entries, account.Balance
		if err := store.For[Entry](tx).Insert(ctx, e); err != nil {
			return err
		}
	}
	return store.For[Transfer](tx).Insert(ctx, t)
}

// CheckLedger returns an error if the balances of all accounts do not sum to zero, if an account
// does not have the balance of its entries, or if a transfer does not have the entries of its
// accounts. It reads one snapshot.
func CheckLedger(ctx context.Context, db *store.DB) error {
	type sums struct {
		account store.ID
		amount  store.Decimal
		count   int64
		lines   int64
	}
	return db.TxWith(ctx, store.TxOptions{ReadOnly: true}, func(ctx context.Context, tx *store.Tx) error {
		groups, err := store.Groups(ctx, store.For[Entry](tx), store.Query{},
			store.GroupBy(entryAccount, func(s *sums) *store.ID { return &s.account }),
			store.SumInto(entryAmount, func(s *sums) *store.Decimal { return &s.amount }),
			store.CountInto[Entry](func(s *sums) *int64 { return &s.count }),
			store.MaxInto(entryLine.Col, func(s *sums) *int64 { return &s.lines }),
		)
		if err != nil {
			return err
		}
		byAccount := map[store.ID]sums{}
		for _, g := range groups {
			byAccount[g.account] = g
		}
		var total int64
		for a, err := range store.For[Account](tx).Each(ctx, store.Query{}) {
			if err != nil {
				return err
			}
			s := byAccount[a.ID]
			if s.amount.Cmp(store.DecimalOf(a.Balance)) != 0 || s.count != a.Entries || s.lines != a.Entries {
				return fmt.Errorf("bank: account %s has balance %d and %d entries, and its %d entries up to line %d sum to %s",
					a.Number, a.Balance, a.Entries, s.count, s.lines, s.amount)
			}
			total += a.Balance
		}
		if total != 0 {
			return fmt.Errorf("bank: the balances of all accounts sum to %d, not to zero", total)
		}
		return checkTransfers(ctx, tx)
	})
}

// checkTransfers returns an error for a transfer that does not have two entries, one of each
// account, with its amount.
func checkTransfers(ctx context.Context, tx *store.Tx) error {
	var id store.ID
	err := tx.SQL().QueryRowContext(ctx, `
		select t.id from transfers t left join entries e on e.transfer_id = t.id
		group by t.id
		having count(e.id) <> 2 or sum(case
			when e.account_id = t.from_id and e.amount = -t.amount or e.account_id = t.to_id and e.amount = t.amount then 1 else 0
		end) <> 2
		limit 1`).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("bank: the entries of transfer %s do not move its amount between its accounts", id)
}
