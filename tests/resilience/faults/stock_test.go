package faults_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestStockOfTwoProcesses lets 100 clients of two processes reserve from a stock
// of ten, all at once, round after round. Ten succeed, ninety are told that
// nothing is left, nobody is told of a conflict.
func TestStockOfTwoProcesses(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := &fixture{steps: &plan{}}
	f.open(t, "postgres", url)
	sites := []*process{startProcess(t, "postgres", url), startProcess(t, "postgres", url)}
	client := newHTTPClient(100)
	for round := range either(5, 20) {
		f.reset(t)
		counts := map[string]int{}
		var mu sync.Mutex
		var clients sync.WaitGroup
		for n := range 100 {
			clients.Go(func() {
				a := ask(t.Context(), client, http.MethodPost, sites[n%2].url+"/rpc/reserve", [2]string{}, "")
				mu.Lock()
				defer mu.Unlock()
				switch {
				case a.status == http.StatusNoContent:
					counts["reserved"]++
				case a.status == http.StatusConflict && errorCode(a) == errOutOfStock.Code:
					counts["out of stock"]++
				default:
					counts[fmt.Sprintf("%d %s", a.status, a.body)]++
				}
			})
		}
		clients.Wait()
		if counts["reserved"] != 10 || counts["out of stock"] != 90 {
			t.Errorf("round %d: %v", round, counts)
		}
	}
}
