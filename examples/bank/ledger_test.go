package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
)

// TestBook books orders and refuses others, each with its reason.
func TestBook(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ada, bo := f.customer(t, 500), f.customer(t, 500)
		everyday, savings, other := f.open(t, ada, "Ada", 1000), f.open(t, ada, "Ada", 0), f.open(t, bo, "Bo", 0)
		for i, tt := range []struct {
			order Order
			want  error
		}{
			{Order{From: everyday.ID, To: other.ID, Amount: 300}, nil},
			{Order{From: everyday.ID, To: other.ID, Amount: 201}, errLimit},
			{Order{From: everyday.ID, To: savings.ID, Amount: 600}, nil}, // one's own account is not limited
			{Order{From: savings.ID, To: other.ID, Amount: 201}, errLimit},
			{Order{From: savings.ID, To: other.ID, Amount: 200}, nil}, // the limit is used up
			{Order{From: savings.ID, To: other.ID, Amount: 1}, errLimit},
			{Order{From: everyday.ID, To: savings.ID, Amount: 101}, errFunds},
			{Order{From: everyday.ID, To: savings.ID, Amount: 0}, errAmount},
			{Order{From: everyday.ID, To: savings.ID, Amount: -5}, errAmount},
			{Order{From: everyday.ID, To: everyday.ID, Amount: 5}, errSame},
			{Order{From: other.ID, To: everyday.ID, Amount: 5}, errFrom},
			{Order{From: f.cash.ID, To: everyday.ID, Amount: 5}, errFrom},
			{Order{From: everyday.ID, To: store.NewID(), Amount: 5}, errTo},
		} {
			tt.order.By, tt.order.Key = ada.ID, fmt.Sprint(i)
			if _, err := f.book(t.Context(), tt.order); !errors.Is(err, tt.want) {
				t.Errorf("order %d: %v, want %v", i, err, tt.want)
			}
		}
		for a, want := range map[*Account]int64{everyday: 100, savings: 400, other: 500, f.cash: -1000} {
			if got := f.account(t, a.ID).Balance; got != want {
				t.Errorf("%s has %d, want %d", a.Holder, got, want)
			}
		}
		f.check(t)
	})
}

// TestRepeatedOrder repeats orders, one after another and at the same time: money moves once.
func TestRepeatedOrder(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ada := f.customer(t, 500)
		from, to := f.open(t, ada, "Ada", 1000), f.open(t, nil, "Shop", 0)
		order := Order{By: ada.ID, From: from.ID, To: to.ID, Amount: 100, Key: "a"}
		first, err := f.book(t.Context(), order)
		if err != nil {
			t.Fatal(err)
		}
		again, err := f.book(t.Context(), order)
		if err != nil || again.ID != first.ID {
			t.Errorf("repeated: %v, %v, want transfer %s", again, err, first.ID)
		}
		changed := order
		changed.Amount = 50
		if _, err := f.book(t.Context(), changed); !errors.Is(err, errKey) {
			t.Errorf("another order with the key: %v", err)
		}
		order.Key = "b"
		var together sync.WaitGroup
		for range 8 {
			together.Go(func() {
				if _, err := f.book(t.Context(), order); err != nil {
					t.Error(err)
				}
			})
		}
		together.Wait()
		if got := f.account(t, to.ID).Balance; got != 200 {
			t.Errorf("two orders moved %d, want 200", got)
		}
		f.check(t)
	})
}

// TestWriteSkew orders from two accounts at the same time. Each order is within the limit, and
// both together are not. They read each other's rows and write different ones.
func TestWriteSkew(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		shop := [2]*Account{f.open(t, nil, "Shop", 0), f.open(t, nil, "Other shop", 0)}
		for round := range 10 {
			ada := f.customer(t, 100)
			accounts := [2]*Account{f.open(t, ada, "Ada", 100), f.open(t, ada, "Ada", 100)}
			var results [2]error
			var both sync.WaitGroup
			for i := range 2 {
				both.Go(func() {
					_, results[i] = f.book(t.Context(), Order{By: ada.ID, From: accounts[i].ID, To: shop[i].ID, Amount: 60, Key: fmt.Sprint(i)})
				})
			}
			both.Wait()
			if (results[0] == nil) == (results[1] == nil) || results[0] != nil && !errors.Is(results[0], errLimit) || results[1] != nil && !errors.Is(results[1], errLimit) {
				t.Errorf("round %d: %v and %v, want one transfer and one refusal", round, results[0], results[1])
			}
		}
		f.check(t)
	})
}

// TestReverse books a transfer back once, by another transfer.
func TestReverse(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ada, bo := f.customer(t, 500), f.customer(t, 500)
		from, to := f.open(t, ada, "Ada", 100), f.open(t, bo, "Bo", 0)
		transfer, err := f.book(t.Context(), Order{By: ada.ID, From: from.ID, To: to.ID, Amount: 100, Key: "a"})
		if err != nil {
			t.Fatal(err)
		}
		clerk := store.NewID()
		var back *Transfer
		undo := func(id store.ID) error {
			return f.app.DB().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				var err error
				back, err = reverse(ctx, tx, clerk, id, "a mistake")
				return err
			})
		}
		if _, err := f.book(t.Context(), Order{By: bo.ID, From: to.ID, To: from.ID, Amount: 1, Key: "a"}); err != nil {
			t.Fatal(err)
		}
		clerk = bo.ID
		if err := undo(transfer.ID); !errors.Is(err, errOwn) {
			t.Errorf("a clerk reverses a transfer of the own account: %v", err)
		}
		clerk = store.NewID()
		if err := undo(transfer.ID); !errors.Is(err, errFunds) {
			t.Errorf("the receiver has spent the money: %v", err)
		}
		if _, err := f.book(t.Context(), Order{By: ada.ID, From: from.ID, To: to.ID, Amount: 1, Key: "b"}); err != nil {
			t.Fatal(err)
		}
		if err := undo(transfer.ID); err != nil || *back.ReversesID != transfer.ID {
			t.Fatalf("reversal: %v, %v", back, err)
		}
		reversal := back.ID
		if err := undo(transfer.ID); !errors.Is(err, errReversed) {
			t.Errorf("reversed again: %v", err)
		}
		if err := undo(reversal); !errors.Is(err, errReversal) {
			t.Errorf("reversal reversed: %v", err)
		}
		if n, err := spentToday(t.Context(), f.app.DB(), clerk); err != nil || n != 0 {
			t.Errorf("the reversal counts as %d that the clerk has sent: %v", n, err)
		}
		if a := f.account(t, from.ID); a.Balance != 100 {
			t.Errorf("the sender has %d after the reversal, want 100", a.Balance)
		}
		f.check(t)
	})
}

// TestDatabaseChecks writes to the ledger past the code of the bank. The database refuses.
func TestDatabaseChecks(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ada := f.customer(t, 500)
		from, to := f.open(t, ada, "Ada", 100), f.open(t, nil, "Shop", 0)
		transfer, err := f.book(t.Context(), Order{By: ada.ID, From: from.ID, To: to.ID, Amount: 10, Key: "a"})
		if err != nil {
			t.Fatal(err)
		}
		entry := func(transfer store.ID, a *Account, line, amount int64) *Entry {
			return &Entry{ID: store.NewID(), TransferID: transfer, AccountID: a.ID, Line: line, Amount: amount}
		}
		row := func(id store.ID) *Transfer {
			return &Transfer{ID: id, ByID: ada.ID, Key: id.String(), FromID: from.ID, ToID: to.ID, Amount: 10}
		}
		// posted inserts an entry that takes from an account and one that gives to another, and then
		// the transfer of 10 between from and to.
		posted := func(a *Account, taken int64, b *Account, given int64) func(ctx context.Context, tx *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error {
				id := store.NewID()
				return errors.Join(
					store.For[Entry](tx).Insert(ctx, entry(id, a, 100, -taken)),
					store.For[Entry](tx).Insert(ctx, entry(id, b, 100, given)),
					store.For[Transfer](tx).Insert(ctx, row(id)))
			}
		}
		for name, write := range map[string]func(ctx context.Context, tx *store.Tx) error{
			"entry changed": func(ctx context.Context, tx *store.Tx) error {
				_, err := store.For[Entry](tx).PatchWhere(ctx, entryAccount.Eq(from.ID), entryAmount.To(1))
				return err
			},
			"entry removed": func(ctx context.Context, tx *store.Tx) error {
				_, err := store.For[Entry](tx).DeleteWhere(ctx, entryAccount.Eq(from.ID))
				return err
			},
			"transfer changed": func(ctx context.Context, tx *store.Tx) error {
				_, err := store.For[Transfer](tx).PatchWhere(ctx, transferKey.Eq("a"), transferAmount.To(1))
				return err
			},
			"entry added to a transfer": func(ctx context.Context, tx *store.Tx) error {
				return store.For[Entry](tx).Insert(ctx, entry(transfer.ID, f.cash, 100, 5))
			},
			"transfer without entries": func(ctx context.Context, tx *store.Tx) error {
				return store.For[Transfer](tx).Insert(ctx, row(store.NewID()))
			},
			"sum that is not zero":            posted(from, 10, to, 9),
			"entry of another account":        posted(from, 10, f.cash, 10),
			"entries of another amount":       posted(from, 11, to, 11),
			"entries from receiver to sender": posted(to, 10, from, 10),
			"entries without a transfer": func(ctx context.Context, tx *store.Tx) error {
				id := store.NewID()
				return errors.Join(
					store.For[Entry](tx).Insert(ctx, entry(id, from, 100, -10)),
					store.For[Entry](tx).Insert(ctx, entry(id, to, 100, 10)))
			},
			"balance below the lowest": func(ctx context.Context, tx *store.Tx) error {
				_, err := store.For[Account](tx).Patch(ctx, from.ID, accountBalance.To(-1))
				return err
			},
		} {
			err := f.app.DB().Tx(t.Context(), write)
			constraint := (*store.ConstraintError)(nil)
			if !errors.As(err, &constraint) || constraint.Kind != store.Check && name != "entries without a transfer" {
				t.Errorf("%s: %v, want a violated check", name, err)
			}
		}
		if f.app.DB().Capabilities().Engine == "postgres" {
			_, err := f.app.DB().Bun().ExecContext(t.Context(), "truncate entries, transfers")
			if err == nil || !strings.Contains(err.Error(), "the ledger is never changed") {
				t.Errorf("truncate: %v", err)
			}
		}
		f.check(t)
		// The check sees a balance that differs from the entries.
		if _, err := store.For[Account](f.app.DB()).Patch(t.Context(), from.ID, accountBalance.Add(1)); err != nil {
			t.Fatal(err)
		}
		if err := CheckLedger(t.Context(), f.app.DB()); err == nil || !strings.Contains(err.Error(), from.Number) {
			t.Errorf("a wrong balance: %v", err)
		}
	})
}

// TestCheckTransfers books entries that do not fit their transfer, in a database without its
// trigger. The check finds the transfer, although all balances are those of the entries.
func TestCheckTransfers(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		ada := f.customer(t, 500)
		from, to := f.open(t, ada, "Ada", 100), f.open(t, nil, "Shop", 0)
		drop := "drop trigger check_transfer"
		if f.app.DB().Capabilities().Engine == "postgres" {
			drop += " on transfers"
		}
		if _, err := f.app.DB().Bun().ExecContext(t.Context(), drop); err != nil {
			t.Fatal(err)
		}
		wrong := &Transfer{ID: store.NewID(), ByID: ada.ID, Key: "a", FromID: from.ID, ToID: to.ID, Amount: 10}
		err := f.app.DB().Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for account, amount := range map[*Account]int64{f.cash: -10, to: 10} {
				a, err := store.For[Account](tx).Patch(ctx, account.ID, accountBalance.Add(amount), accountEntries.Add(1))
				if err != nil {
					return err
				}
				e := &Entry{ID: store.NewID(), TransferID: wrong.ID, AccountID: a.ID, Line: a.Entries, Amount: amount, Balance: a.Balance}
				if err := store.For[Entry](tx).Insert(ctx, e); err != nil {
					return err
				}
			}
			return store.For[Transfer](tx).Insert(ctx, wrong)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckLedger(t.Context(), f.app.DB()); err == nil || !strings.Contains(err.Error(), wrong.ID.String()) {
			t.Errorf("a transfer between other accounts than its entries: %v", err)
		}
	})
}
