package plinthtest

import (
	"net/http"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// Policy is [apitest.Policy] for the application with the rows that it has now. It sets Open
// and Undo of the matrix: the rows are brought back after each write, as
// [storetest.Snapshot] does. Callers are principals without accounts, as for [Kit.Caller].
func (k *Kit) Policy(t *testing.T, m apitest.Matrix) {
	t.Helper()
	m.Open = func(testing.TB) http.Handler { return k.handler }
	m.Undo = storetest.Snapshot(t, k.app.DB())
	apitest.Policy(t, m)
}
