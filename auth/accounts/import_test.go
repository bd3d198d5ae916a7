package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
)

// all gives users to an import; nil ones are errors.
func all(users ...*accounts.ImportedUser) iter.Seq2[accounts.ImportedUser, error] {
	return func(yield func(accounts.ImportedUser, error) bool) {
		for _, u := range users {
			var next accounts.ImportedUser
			err := errors.New("the line cannot be read")
			if u != nil {
				next, err = *u, nil
			}
			if !yield(next, err) {
				return
			}
		}
	}
}

func TestImport(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		w.role("writer", "notes.write")
		made := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
		id := store.NewID()
		ann := &accounts.ImportedUser{
			ID: id, Email: "Ann@Example.org ", EmailConfirmedAt: made, Phone: "+49 151 1234567", PasswordHash: bcryptHash, Roles: []string{"writer"},
			AppMetadata: map[string]any{"plan": "pro"}, UserMetadata: map[string]any{"name": "Ann"}, CreatedAt: made, LastSignInAt: made,
			Identities: []accounts.ImportedIdentity{{Provider: "google", Issuer: "https://accounts.google.com", Subject: "1", Data: map[string]any{"email": "ann@example.org"}}},
		}
		bob := &accounts.ImportedUser{Email: "bob@example.org", PasswordHash: argonHash}
		elsewhere := &accounts.ImportedUser{Identities: []accounts.ImportedIdentity{{Provider: "github", Issuer: "https://github.com", Subject: "9"}}}
		var seen []int
		opts := &accounts.ImportOptions{Batch: 2, Progress: func(r accounts.ImportReport) { seen = append(seen, r.Created) }}
		users := []*accounts.ImportedUser{ann, bob, elsewhere}
		report, err := w.a.Import(t.Context(), all(users...), opts)
		if err != nil || report.Read != 3 || report.Created != 3 || fmt.Sprint(seen) != "[2 3]" {
			t.Fatalf("%v: %+v, seen %v", err, report, seen)
		}
		got := w.must(200, w.admin("GET /admin/users/"+id.String(), ""))
		if got.str("email") != "ann@example.org" || got.str("created_at") != "2020-02-03T04:05:06Z" || got.body["email_confirmed_at"] == nil ||
			got.body["phone_confirmed_at"] != nil || len(got.body["identities"].([]any)) != 3 {
			t.Errorf("imported %s", got.text)
		}
		if app := got.body["app_metadata"].(map[string]any); app["plan"] != "pro" || app["provider"] != "email" || fmt.Sprint(app["providers"]) != "[email phone google]" {
			t.Errorf("app_metadata %v", app)
		}
		p, err := w.a.Verify(t.Context(), w.in("ann").str("access_token"))
		if err != nil || !p.HasRole("writer") || !p.HasPermission("notes.write") {
			t.Errorf("%v: %v %v", err, p.Roles, p.Permissions)
		}
		w.refused(400, "email_not_confirmed", w.do("POST /token?grant_type=password", "", `{"email":"bob@example.org","password":"a good password"}`))
		// Once more: nothing changes, whatever the rows say.
		changed := *ann
		changed.Email, changed.Phone = "other@example.org", ""
		if report, err = w.a.Import(t.Context(), all(&changed, bob, elsewhere, bob), nil); err != nil || report.Existing != 4 || report.Created+report.Failed != 0 {
			t.Errorf("again: %v, %+v", err, report)
		}
		if again := w.must(200, w.admin("GET /admin/users", "")); again.header.Get("X-Total-Count") != "3" || strings.Contains(again.text, "other@example.org") {
			t.Errorf("again: %s", again.text)
		}
	})
}

// argonHash is the hash of "a good password", with as little as there is.
const argonHash = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$V+0gWNIRoPe+ggj4M+8ePeEaWmkjrVGSNWXZx2GpAxE"

// TestImportRefused: rows that cannot be imported are reported one by one, and the others
// are imported.
func TestImportRefused(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		taken := mustID(t, w.made(`{"email":"taken@example.org","phone":"+491511234567"}`))
		google := func(subject string) []accounts.ImportedIdentity {
			return []accounts.ImportedIdentity{{Provider: "google", Issuer: "https://accounts.google.com", Subject: subject}}
		}
		tests := []struct {
			user *accounts.ImportedUser
			want string // part of the error; empty: made
		}{
			{nil, "the line cannot be read"},
			{&accounts.ImportedUser{Email: "one@example.org", Identities: google("1")}, ""},
			{&accounts.ImportedUser{}, "needs an e-mail address"},
			{&accounts.ImportedUser{Email: "nobody"}, "email"},
			{&accounts.ImportedUser{Phone: "12"}, "phone"},
			{&accounts.ImportedUser{Email: "a@example.org", PasswordHash: "md5:1234"}, "hash"},
			{&accounts.ImportedUser{Email: "a@example.org", Role: "not a role"}, "role"},
			{&accounts.ImportedUser{Email: "a@example.org", Roles: []string{"nobody"}}, "there is no role"},
			{&accounts.ImportedUser{Email: "a@example.org", UserMetadata: map[string]any{"x": strings.Repeat("x", 9000)}}, "larger"},
			{&accounts.ImportedUser{Email: "a@example.org", UserMetadata: map[string]any{"x": make(chan int)}}, "chan"},
			{&accounts.ImportedUser{Email: "a@example.org", Identities: google("")}, "subject"},
			{&accounts.ImportedUser{Email: "a@example.org", Identities: []accounts.ImportedIdentity{{Provider: "email", Issuer: "x", Subject: "x"}}}, "identities"},
			{&accounts.ImportedUser{ID: store.NewID(), Email: "taken@example.org"}, "email_exists"},
			{&accounts.ImportedUser{ID: store.NewID(), Phone: "491511234567"}, "phone_exists"},
			{&accounts.ImportedUser{ID: store.NewID(), Email: "two@example.org", Identities: google("1")}, "identity_already_exists"},
			{&accounts.ImportedUser{ID: store.NewID(), Email: "One@example.org"}, "email_exists"},
			{&accounts.ImportedUser{ID: taken, Email: "three@example.org"}, "-"}, // exists
			{&accounts.ImportedUser{Email: "last@example.org"}, ""},
		}
		users, failed, created := []*accounts.ImportedUser{}, 0, 0
		for _, tt := range tests {
			users = append(users, tt.user)
			switch tt.want {
			case "":
				created++
			case "-":
			default:
				failed++
			}
		}
		report, err := w.a.Import(t.Context(), all(users...), &accounts.ImportOptions{Batch: 100})
		if err != nil || report.Failed != failed || report.Created != created || report.Existing != 1 || report.Read != len(tests) {
			t.Errorf("%v: %d failed, %d made, %d existed", err, report.Failed, report.Created, report.Existing)
		}
		told := map[int]string{}
		for _, e := range report.Errors {
			told[e.Row] = e.Error() + " " + codeOf(e.Err)
		}
		for i, tt := range tests {
			if text := told[i+1]; (tt.want != "" && tt.want != "-") != (text != "") || text != "" && !strings.Contains(text, tt.want) {
				t.Errorf("row %d: %q, want %q", i+1, text, tt.want)
			}
		}
		if _, err := w.a.Import(t.Context(), all(), &accounts.ImportOptions{Batch: 5001}); err == nil {
			t.Error("a batch of 5,001")
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := w.a.Import(ctx, all(users...), nil); err == nil {
			t.Error("an import whose context has ended")
		}
	})
}

// codeOf is the code of an error on the wire.
func codeOf(err error) string {
	return problem.Code(err)
}

// TestImportMany imports 1,000 users, 10,000 with PLINTH_TEST_LONG=1, and the same once
// more.
func TestImportMany(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		n := 1000
		if programtest.Long() {
			n = 10_000
		}
		users := func(yield func(accounts.ImportedUser, error) bool) {
			for i := range n {
				u := accounts.ImportedUser{
					Email: fmt.Sprintf("user%d@example.org", i), EmailConfirmedAt: time.Unix(1_600_000_000, 0), PasswordHash: bcryptHash,
					UserMetadata: map[string]any{"n": i},
				}
				if i%10 == 0 {
					u.Identities = []accounts.ImportedIdentity{{Provider: "google", Issuer: "https://accounts.google.com", Subject: fmt.Sprint(i)}}
				}
				if !yield(u, nil) {
					return
				}
			}
		}
		start := time.Now()
		report, err := w.a.Import(t.Context(), users, nil)
		if err != nil || report.Created != n {
			t.Fatalf("%v: %+v", err, report)
		}
		first := time.Since(start)
		start = time.Now()
		if report, err = w.a.Import(t.Context(), users, nil); err != nil || report.Existing != n {
			t.Fatalf("again: %v: %+v", err, report)
		}
		t.Logf("%d users in %v, %.0f a second; again in %v", n, first.Round(time.Millisecond), float64(n)/first.Seconds(), time.Since(start).Round(time.Millisecond))
		w.in(fmt.Sprintf("user%d", n-1))
	})
}

// TestImportsAtOnce: simultaneous imports of the same users make each user once.
func TestImportsAtOnce(t *testing.T) {
	engines(t, keyed, func(t *testing.T, w *world) {
		const n = 200
		users := make([]*accounts.ImportedUser, n)
		for i := range users {
			users[i] = &accounts.ImportedUser{Email: fmt.Sprintf("user%d@example.org", i)}
		}
		var wg sync.WaitGroup
		var created, existing atomic.Int64
		for range 3 {
			wg.Go(func() {
				report, err := w.a.Import(t.Context(), all(users...), &accounts.ImportOptions{Batch: 40})
				if err != nil {
					t.Error(err)
				}
				created.Add(int64(report.Created))
				existing.Add(int64(report.Existing + report.Failed))
			})
		}
		wg.Wait()
		if created.Load() != n || existing.Load() != 2*n {
			t.Errorf("%d made, %d there", created.Load(), existing.Load())
		}
	})
}
