package accounts_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
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

// TestOperationsAnswer compares answers with the types that their operations name: an
// answer has every required member of the type and no unknown one.
func TestOperationsAnswer(t *testing.T) {
	operations := map[string]accounts.Operation{}
	for _, op := range accounts.Operations() {
		operations[op.Name] = op
	}
	engines(t, withSecretKey, func(t *testing.T, w *world) {
		in := w.must(200, w.do("POST /signup", "", ann))
		user, token := in.body["user"].(map[string]any)["id"].(string), in.str("access_token")
		for _, call := range []struct{ name, query, body string }{
			{"signUp", "", `{"email":"bob@example.org","password":"a good password"}`},
			{"token", "?grant_type=password", ann},
			{"settings", "", ""},
			{"health", "", ""},
			{"getUser", "", ""},
			{"changeUser", "", `{"data":{"name":"Ann"}}`},
			{"listSessions", "", ""},
			{"listOwnKeys", "", ""},
			{"countRecoveryCodes", "", ""},
			{"enrollFactor", "", `{"factor_type":"totp","friendly_name":"phone"}`},
			{"createKey", "", `{"name":"job","scopes":["read"]}`},
			{"listKeys", "", ""},
			{"createUser", "", `{"email":"eve@example.org"}`},
			{"listUsers", "?page=1&per_page=2", ""},
			{"getUserByID", "", ""},
			{"listFactors", "", ""},
			{"createRole", "", `{"name":"editor","permissions":["posts.write"]}`},
			{"listRoles", "", ""},
			{"getRole", "", ""},
			{"setRoles", "", `{"roles":["editor"]}`},
			{"getRoles", "", ""},
			{"audit", "?per_page=3", ""},
			{"deleteRole", "", ""},
			{"endSessions", "", ""},
			{"deleteUser", "", `{}`},
		} {
			op := operations[call.name]
			line := op.Method + " /" + strings.NewReplacer("{id}", user, "{name}", "editor").Replace(op.Path) + call.query
			got := w.do(line, map[accounts.Access]string{accounts.AccessSession: token, accounts.AccessAdmin: secretKey}[op.Access], call.body)
			if got.status != op.Status {
				t.Errorf("%s: status %d, want %d: %s", op.Name, got.status, op.Status, got.text)
				continue
			}
			if len(op.Answers) == 0 && got.text != "" || len(op.Answers) > 0 && !fits(op.Answers[0], got.text) {
				t.Errorf("%s: no %v: %s", op.Name, op.Answers, got.text)
			}
		}
	})
}

// fits reports whether a body has the members of a type.
func fits(typ reflect.Type, body string) bool {
	value := reflect.New(typ)
	dec := json.NewDecoder(bytes.NewReader([]byte(body)))
	dec.DisallowUnknownFields()
	if dec.Decode(value.Interface()) != nil {
		return false
	}
	if typ.Kind() != reflect.Struct {
		return true
	}
	again, err := json.Marshal(value.Interface())
	var got, want map[string]json.RawMessage
	if err != nil || json.Unmarshal([]byte(body), &got) != nil || json.Unmarshal(again, &want) != nil {
		return false
	}
	return slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
}
