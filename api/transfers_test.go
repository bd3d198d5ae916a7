package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
)

// Purse is an account from which a function transfers.
type Purse struct {
	bun.BaseModel `bun:"table:purses"`
	ID            int64 `bun:",pk"`
	Amount        int64 `bun:",notnull"`
}

var amount = store.Number(func(p *Purse) *int64 { return &p.Amount })

// TestTransfersInOppositeOrder moves amounts between two rows in both directions, 16 at a
// time: transactions lock the rows in opposite order. No amount is lost, and with
// PLINTH_TEST_LONG=1, which makes 200 calls, each of them ends soon and nearly all succeed.
func TestTransfersInOppositeOrder(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		type order struct {
			From int64 `json:"from"`
			To   int64 `json:"to"`
		}
		transfer := api.TxFunc("transfer", api.Anyone(), func(ctx context.Context, tx *store.Tx, in order) (struct{}, error) {
			purses := store.For[Purse](tx)
			if _, err := purses.Patch(ctx, in.From, amount.Add(-1)); err != nil {
				return struct{}{}, err
			}
			_, err := purses.Patch(ctx, in.To, amount.Add(1))
			return struct{}{}, err
		})
		h := serve(t, db, api.Config{}, api.Resource[Purse]{}, transfer)
		for id := range int64(2) {
			if err := store.For[Purse](db).Insert(t.Context(), &Purse{ID: id, Amount: 1000}); err != nil {
				t.Fatal(err)
			}
		}
		long, calls := programtest.Long(), 48
		if long {
			calls = 200
		}
		const together = 16
		took := make([]time.Duration, calls)
		status := make([]int, calls)
		var wg sync.WaitGroup
		next := make(chan int)
		for range together {
			wg.Go(func() {
				for i := range next {
					body := fmt.Sprintf(`{"from":%d,"to":%d}`, i%2, 1-i%2)
					r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/rpc/transfer", strings.NewReader(body))
					r.Header.Set("Content-Type", "application/json")
					w := httptest.NewRecorder()
					begun := time.Now()
					h.ServeHTTP(w, r)
					took[i], status[i] = time.Since(begun), w.Code
				}
			})
		}
		for i := range calls {
			next <- i
		}
		close(next)
		wg.Wait()
		refused := 0
		for _, code := range status {
			switch code {
			case http.StatusNoContent:
			case http.StatusConflict, http.StatusServiceUnavailable:
				refused++
			default:
				t.Errorf("status %d", code)
			}
		}
		slices.Sort(took)
		p50, p99 := took[calls/2], took[calls*99/100]
		t.Logf("p50 %v, p99 %v, most %v, %d rejected", p50, p99, took[calls-1], refused)
		if long && (p99 > 2*time.Second || refused > calls/100) {
			t.Errorf("p99 %v, want 2 s; %d rejected, want %d", p99, refused, calls/100)
		}
		rows, err := store.For[Purse](db).List(t.Context(), store.Query{})
		if err != nil || len(rows) != 2 || rows[0].Amount+rows[1].Amount != 2000 {
			t.Errorf("the amounts are %v, %v", rows, err)
		}
	})
}
