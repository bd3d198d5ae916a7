package accounts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// TestOperationsCoverRoutes compares the operations with the table of routes.
func TestOperationsCoverRoutes(t *testing.T) {
	t.Parallel()
	var left []string
	for _, route := range accounts.Routes() {
		left = append(left, route[0]+" "+route[1])
	}
	left = slices.DeleteFunc(left, func(route string) bool {
		return strings.Contains(route, " .well-known/") || strings.Contains(route, " callback/") || slices.Contains([]string{"GET verify", "POST sso"}, route)
	})
	names := map[string]bool{}
	for _, op := range accounts.Operations() {
		i := slices.Index(left, op.Method+" "+op.Path)
		if i < 0 {
			t.Errorf("%s: there is no route %s %s, or two operations have it", op.Name, op.Method, op.Path)
			continue
		}
		left = slices.Delete(left, i, i+1)
		if names[op.Name] || op.Summary == "" || op.Access == "" {
			t.Errorf("%s: its name is taken, or it has no summary or access", op.Name)
		}
		names[op.Name] = true
	}
	if len(left) > 0 {
		t.Errorf("routes without an operation: %q", left)
	}
}
