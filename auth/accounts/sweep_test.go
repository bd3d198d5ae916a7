package accounts_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// TestSweep: expired rows are deleted, more than one batch of them too, and no others.
func TestSweep(t *testing.T) {
	change := func(c *accounts.Config) { c.Autoconfirm = false }
	engines(t, change, func(t *testing.T, w *world) {
		count := func(table, which string) (n int) {
			t.Helper()
			if err := w.db.Bun().NewSelect().TableExpr(table).ColumnExpr("count(*)").Where(which).Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		sweep := func() {
			t.Helper()
			if err := w.a.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		all := func() map[string]int {
			out := make(map[string]int)
			for _, table := range []string{"auth_failures", "auth_codes", "auth_factors", "auth_mail_times", "auth_revocations", "auth_sessions", "auth_events"} {
				out[table] = count(table, "1 = 1")
			}
			return out
		}
		w.must(200, w.do("POST /signup", "", ann)) // a code, a mail
		if _, err := w.db.Bun().ExecContext(t.Context(), `update "auth_users" set "email_confirmed_at" = "created_at"`); err != nil {
			t.Fatal(err)
		}
		lasting := w.login()
		ended := w.login()
		w.enroll(lasting.str("access_token"), "never used")
		w.must(204, w.do("POST /logout?scope=local", ended.str("access_token"), ""))
		hasty := *w
		hasty.cfg.Autoconfirm = true // nobody waits for an even time
		guesser := hasty.withMasters(string(w.cfg.MasterKeys[0]))
		for i := range 600 {
			w.must(400, guesser.from(fmt.Sprintf("198.51.%d.%d", i/200, i%200), passwordLine, "", login(fmt.Sprintf("user%d@example.org", i), "wrong")))
		}
		before := all()
		if before["auth_failures"] < 1800 || before["auth_sessions"] != 2 || before["auth_revocations"] != 1 || before["auth_factors"] != 1 || before["auth_codes"] == 0 {
			t.Fatalf("at first %v", before)
		}
		sweep()
		if after := all(); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("at once %v, before %v", after, before)
		}
		w.advance(16 * time.Minute)
		sweep()
		if after := all(); after["auth_failures"] != 602 || after["auth_sessions"] != 2 {
			t.Errorf("after a quarter of an hour %v", after) // the accounts' own are left, and the mails of an hour
		}
		w.advance(50 * time.Hour)
		sweep()
		after := all()
		for _, table := range []string{"auth_failures", "auth_codes", "auth_factors", "auth_mail_times", "auth_revocations"} {
			if after[table] != 0 {
				t.Errorf("after two days %s has %d rows", table, after[table])
			}
		}
		if after["auth_sessions"] != 2 || after["auth_events"] != before["auth_events"] {
			t.Errorf("after two days %v", after)
		}
		w.must(200, w.do(refreshLine, "", refreshBody(lasting.str("refresh_token"))))
		w.advance(28*24*time.Hour + time.Hour)
		sweep()
		if n := count("auth_sessions", "1 = 1"); n != 1 {
			t.Errorf("after thirty days %d sessions", n)
		}
		w.advance(31 * 24 * time.Hour)
		sweep()
		if n := count("auth_sessions", "1 = 1"); n != 0 {
			t.Errorf("after sixty days %d sessions", n)
		}
		if n := count("auth_events", "1 = 1"); n != before["auth_events"] {
			t.Errorf("after sixty days %d events", n)
		}
		w.advance(400 * 24 * time.Hour)
		sweep()
		if n := count("auth_events", "1 = 1"); n != 0 {
			t.Errorf("in the end %d events", n)
		}
		if n := count("auth_users", "1 = 1"); n != 1 {
			t.Errorf("%d users", n)
		}
	})
}

// TestSweepMany: jobs sweep by the clock, and go on at once if more rows than one sweep
// deletes have expired.
func TestSweepMany(t *testing.T) {
	engines(t, func(c *accounts.Config) { c.Retention.Every = time.Second }, func(t *testing.T, w *world) {
		const rows = accounts.SweepMost + 600
		w.must(400, w.do(passwordLine, "", ann)) // a row to be copied
		_, err := w.db.Bun().ExecContext(t.Context(), fmt.Sprintf("with recursive g (i) as (select 1 union all select i + 1 from g where i < %d)"+
			" insert into auth_failures (key, count, since, expires_at) select 'old ' || i, 1, since, expires_at"+
			" from g, (select since, expires_at from auth_failures where key like 'pair %%') t", rows))
		if err != nil {
			t.Fatal(err)
		}
		w.advance(time.Hour)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.a.Run(ctx) }()
		left := rows
		for end := time.Now().Add(2 * time.Minute); left > 0 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			if err := w.db.Bun().NewSelect().TableExpr("auth_failures").ColumnExpr("count(*)").Where("key like 'old %'").Scan(t.Context(), &left); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if left > 0 {
			t.Errorf("%d of %d rows are left", left, rows)
		}
	})
}
