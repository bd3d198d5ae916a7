package accounts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

func TestEmailChange(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		for i, order := range [][2]string{{"old", "new"}, {"new", "old"}} {
			old, next := fmt.Sprintf("old%d@example.org", i), fmt.Sprintf("new%d@example.org", i)
			token := w.account(old)
			other := w.must(200, w.enter(old, "a good password")).str("access_token")
			w.must(200, w.do("POST /recover", "", fmt.Sprintf(`{"email":%q}`, old)))
			reset := w.mail(accounts.MailRecovery, old)
			got := w.must(200, w.do("PUT /user", token, fmt.Sprintf(`{"email":%q}`, next)))
			if got.str("email") != old || got.str("new_email") != next || got.str("email_change_sent_at") == "" {
				t.Errorf("user %s", got.text)
			}
			mails := byAddress(w.mails())
			if len(mails) != 2 {
				t.Fatalf("%d mails", len(mails))
			}
			at := map[string]*received{"old": mails[old], "new": mails[next]}
			for name, m := range at {
				if m.template != accounts.MailEmailChange || m.values["email"] != old || m.values["new_email"] != next {
					t.Errorf("%s: %s %v", name, m.template, m.values)
				}
			}
			half := w.must(200, w.verifyDigits("email_change", at[order[0]]))
			if half.str("access_token") != "" || half.str("code") != "200" || half.str("msg") == "" {
				t.Errorf("half: %s", half.text)
			}
			w.refused(403, "otp_expired", w.verifyDigits("email_change", at[order[0]])) // one cannot agree twice
			w.refused(403, "otp_expired", w.verifyHash("email_change", at[order[0]]))
			if me := w.do("GET /user", token, ""); me.str("email") != old {
				t.Errorf("one address was enough: %s", me.text)
			}
			in := w.must(200, w.verifyDigits("email_change", at[order[1]]))
			user := in.body["user"].(map[string]any)
			if user["email"] != next || user["new_email"] != nil {
				t.Errorf("user %v", user)
			}
			identity := user["identities"].([]any)[0].(map[string]any)
			if identity["email"] != next || identity["identity_data"].(map[string]any)["email"] != next {
				t.Errorf("identity %v", identity)
			}
			if m := w.mail(accounts.MailNotice, old); m.values["change"] != "email" {
				t.Errorf("notice %v", m.values)
			}
			if !w.goesOn(token) || w.goesOn(other) {
				t.Error("the session that asked goes on, others end")
			}
			w.refused(403, "otp_expired", w.verifyHash("recovery", reset)) // it was mailed to the address of before
			w.refused(400, "invalid_credentials", w.enter(old, "a good password"))
			w.must(200, w.enter(next, "a good password"))
		}
	})
}

// TestEmailChangeByLinks: after the first of two links the page says that the other address
// must confirm too.
func TestEmailChangeByLinks(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		mails := byAddress(w.mails())
		if at := w.click(mails["ann@example.org"]); fragment(at).Get("message") == "" || fragment(at).Get("access_token") != "" {
			t.Errorf("arrived at %s", at)
		}
		if at := w.click(mails["eve@example.org"]); fragment(at).Get("type") != "email_change" || fragment(at).Get("access_token") == "" {
			t.Errorf("arrived at %s", at)
		}
	})
}

// TestEmailChangeReplaced: a second change of address invalidates the codes and
// confirmations of the first.
func TestEmailChangeReplaced(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		first := byAddress(w.mails())
		w.must(200, w.verifyHash("email_change", first["ann@example.org"]))
		w.refused(429, "over_email_send_rate_limit", w.do("PUT /user", token, `{"email":"bob@example.org"}`))
		w.advance(time.Minute)
		w.must(200, w.do("PUT /user", token, `{"email":"bob@example.org"}`))
		second := byAddress(w.mails())
		w.refused(403, "otp_expired", w.verifyHash("email_change", first["eve@example.org"]))
		if half := w.must(200, w.verifyHash("email_change", second["bob@example.org"])); half.str("access_token") != "" {
			t.Error("an address that agreed to another change was enough")
		}
		w.must(200, w.verifyHash("email_change", second["ann@example.org"]))
		w.must(200, w.enter("bob@example.org", "a good password"))
	})
}

// TestEmailChangeOfTheTables: a link confirms the new address that the account has when the
// link is used, and no other one.
func TestEmailChangeOfTheTables(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		for name, change := range map[string]string{
			"another address": `"new_email" = 'bob@example.org'`, "another present one": `"email" = 'bob@example.org'`, "removed": `"removed_at" = "created_at"`,
		} {
			ann := strings.ReplaceAll(name, " ", "-") + "@example.org"
			w.must(200, w.do("PUT /user", w.account(ann), fmt.Sprintf(`{"email":"eve-%s"}`, ann)))
			links := byAddress(w.mails())
			if _, err := w.db.Bun().ExecContext(t.Context(), `update "auth_users" set `+change+` where "email" = '`+ann+`'`); err != nil {
				t.Fatal(err)
			}
			w.refused(403, "otp_expired", w.verifyHash("email_change", links[ann]))
		}
	})
}

func TestEmailChangeResent(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		first := byAddress(w.mails())
		const again = `{"type":"email_change","email":"ann@example.org"}`
		w.refused(429, "over_email_send_rate_limit", w.do("POST /resend", "", again))
		w.advance(time.Minute)
		w.must(200, w.verifyHash("email_change", first["ann@example.org"]))
		w.must(200, w.do("POST /resend", "", again))
		m := w.mail(accounts.MailEmailChange, "eve@example.org") // the other has agreed
		other := w.must(200, w.enter("ann@example.org", "a good password")).str("access_token")
		w.must(200, w.verifyHash("email_change", m))
		if !w.goesOn(token) || w.goesOn(other) {
			t.Error("the session that asked goes on, others end")
		}
	})
}

// TestEmailChangeHalfAgreed: a change that one address has confirmed ends with the sessions
// of the account, and otherwise when the link of that address would have expired. Somebody
// who was in the account cannot complete it later.
func TestEmailChangeHalfAgreed(t *testing.T) {
	const again = `{"type":"email_change","email":"ann@example.org"}`
	admin := func(body string) func(w *world, id string, in *answer) {
		return func(w *world, id string, _ *answer) { w.must(200, w.do("PUT /admin/users/"+id, secretKey, body)) }
	}
	ends := map[string]func(w *world, id string, in *answer){
		"password of an admin": admin(`{"password":"another good password"}`),
		"number of an admin":   admin(`{"phone":"+4930654321","phone_confirm":true}`),
		"ban": func(w *world, id string, in *answer) {
			admin(`{"ban_duration":"1h"}`)(w, id, in)
			admin(`{"ban_duration":"none"}`)(w, id, in)
		},
		"signed out": func(w *world, id string, _ *answer) {
			if err := w.a.SignOut(w.t.Context(), mustID(w.t, id)); err != nil {
				w.t.Fatal(err)
			}
		},
		"signed out of one": func(w *world, _ string, in *answer) {
			w.must(204, w.do("POST /logout?scope=local", in.str("access_token"), ""))
		},
		"number taken off": func(w *world, _ string, in *answer) {
			w.must(200, w.do("DELETE /user/identities/"+identityID(userOf(in), "phone"), in.str("access_token"), ""))
		},
		"another number": func(w *world, _ string, in *answer) {
			w.must(200, w.do("PUT /user", in.str("access_token"), `{"phone":"+4930654321"}`))
			w.must(200, w.verifySMS("phone_change", w.sms(accounts.SMSPhoneChange, bobs)))
		},
		"another password": func(w *world, _ string, in *answer) {
			w.must(200, w.do("PUT /user", in.str("access_token"), `{"password":"another good password"}`))
		},
		"late": func(w *world, _ string, _ *answer) { w.advance(31 * time.Minute) },
	}
	engines(t, func(c *accounts.Config) { withSMS(c); withSecretKey(c); c.ManualLinking = true }, func(t *testing.T, w *world) {
		for name, end := range ends {
			for _, first := range []string{"ann@example.org", "eve@example.org"} {
				id := w.must(200, w.do("POST /admin/users", secretKey, member(strings.TrimSuffix(ann, "}")+`,"email_confirm":true,"phone_confirm":true}`, "phone", anna))).str("id")
				in := w.must(200, w.do(passwordLine, "", ann))
				w.must(200, w.do("PUT /user", in.str("access_token"), `{"email":"eve@example.org"}`))
				mails := byAddress(w.mails())
				w.must(200, w.verifyHash("email_change", mails[first]))
				w.advance(2 * time.Minute)
				end(w, id, in)
				w.mails() // notices
				w.must(200, w.do("POST /resend", "", again))
				for to, m := range byAddress(w.mails()) {
					t.Errorf("%s: mailed again to %s", name, to)
					w.refused(403, "otp_expired", w.verifyHash("email_change", m))
				}
				for _, m := range mails {
					w.refused(403, "otp_expired", w.verifyHash("email_change", m))
				}
				if u := w.must(200, w.do("GET /admin/users/"+id, secretKey, "")); u.str("email") != "ann@example.org" {
					t.Errorf("%s: user %s", name, u.text)
				}
				w.must(200, w.do("DELETE /admin/users/"+id, secretKey, ""))
				w.advance(2 * time.Minute)
			}
		}
	})
}

// TestEmailChangeHalfTooOld: if the second address confirms too late, by a link that was
// sent again in time, the change must begin anew, and can.
func TestEmailChangeHalfTooOld(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		w.must(200, w.verifyHash("email_change", byAddress(w.mails())["ann@example.org"]))
		w.advance(20 * time.Minute)
		w.must(200, w.do("POST /resend", "", member(annMail, "type", "email_change")))
		late := w.mail(accounts.MailEmailChange, "eve@example.org")
		w.advance(11 * time.Minute)
		w.refused(403, "otp_expired", w.verifyHash("email_change", late))
		token = w.must(200, w.enter("ann@example.org", "a good password")).str("access_token")
		w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		mails := byAddress(w.mails())
		w.must(200, w.verifyHash("email_change", mails["ann@example.org"]))
		if in := w.must(200, w.verifyHash("email_change", mails["eve@example.org"])); userOf(in)["email"] != "eve@example.org" {
			t.Errorf("user %s", in.text)
		}
	})
}

// TestEmailChangeTaken: a change to an address that has an account is answered like any
// other, and only the owner of the address is notified.
func TestEmailChangeTaken(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		w.account("bob@example.org")
		token := w.account("ann@example.org")
		taken := w.must(200, w.do("PUT /user", token, `{"email":"bob@example.org"}`))
		mails := byAddress(w.mails())
		if m := mails["bob@example.org"]; m.template != accounts.MailExisting || m.values["link"] != "" || m.values["code"] != "" {
			t.Errorf("%s %v", m.template, m.values)
		}
		w.must(200, w.verifyHash("email_change", mails["ann@example.org"]))
		w.advance(time.Minute)
		free := w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		for _, a := range []*answer{taken, free} {
			for _, name := range []string{"new_email", "email_change_sent_at", "updated_at"} {
				delete(a.body, name)
			}
		}
		if fmt.Sprint(taken.body) != fmt.Sprint(free.body) {
			t.Errorf("the answers differ:\n%s\n%s", taken.text, free.text)
		}

		// An address that is taken while the mail is under way stays its owner's.
		mails = byAddress(w.mails())
		w.must(200, w.verifyHash("email_change", mails["ann@example.org"]))
		w.account("eve@example.org")
		w.refused(422, "email_exists", w.verifyHash("email_change", mails["eve@example.org"]))
		w.must(200, w.enter("ann@example.org", "a good password"))
	})
}

// TestEmailChangeSquatted: an unconfirmed sign-up does not keep an address from its owner,
// who changes their account to it. The sign-up is deleted.
func TestEmailChangeSquatted(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); withSecretKey(c) }, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		squatter := w.must(200, w.do("POST /signup", "", login("eve@example.org", "of a squatter")))
		before := w.mail(accounts.MailConfirmation, "eve@example.org")
		w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		mails := byAddress(w.mails())
		if m := mails["eve@example.org"]; m.template != accounts.MailEmailChange {
			t.Fatalf("%s %v", m.template, m.values)
		}
		w.must(200, w.verifyHash("email_change", mails["ann@example.org"]))
		in := w.must(200, w.verifyHash("email_change", mails["eve@example.org"]))
		if user := userOf(in); user["email"] != "eve@example.org" || user["id"] == squatter.str("id") {
			t.Errorf("user %v", user)
		}
		w.refused(403, "otp_expired", w.verifyHash("signup", before))
		w.refused(400, "invalid_credentials", w.enter("eve@example.org", "of a squatter"))
		w.must(200, w.enter("eve@example.org", "a good password"))
		if left := w.must(200, w.do("GET /admin/users/"+squatter.str("id"), secretKey, "")); left.str("email") != "" {
			t.Errorf("left %s", left.text)
		}
	})
}

// TestContactsNotShown: without confirmation of contacts a contact stays with the account
// that has it, since no other user has proved to own it.
func TestContactsNotShown(t *testing.T) {
	engines(t, func(c *accounts.Config) { withSMS(c); withSecretKey(c); c.Autoconfirm = true }, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /admin/users", secretKey, `{"email":"eve@example.org"}`))
		w.must(200, w.do("POST /admin/users", secretKey, annaPhone))
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		w.refused(422, "email_exists", w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		w.refused(422, "phone_exists", w.do("PUT /user", token, annaPhone))
	})
}

func TestSingleEmailChange(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); c.SingleEmailChange = true }, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		w.must(200, w.verifyHash("email_change", w.mail(accounts.MailEmailChange, "eve@example.org")))
		w.mail(accounts.MailNotice, "ann@example.org")
		w.must(200, w.enter("eve@example.org", "a good password"))
	})
}

func TestEmailChangeAtOnce(t *testing.T) {
	engines(t, nil, func(t *testing.T, w *world) {
		w.must(200, w.do("POST /signup", "", `{"email":"bob@example.org","password":"a good password"}`))
		token := w.must(200, w.do("POST /signup", "", ann)).str("access_token")
		w.refused(422, "email_exists", w.do("PUT /user", token, `{"email":"bob@example.org"}`))
		if got := w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`)); got.str("email") != "eve@example.org" {
			t.Errorf("user %s", got.text)
		}
	})
}

// TestAnonymousUpgrade: an anonymous user becomes a permanent one with the same id.
func TestAnonymousUpgrade(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); c.Anonymous = true }, func(t *testing.T, w *world) {
		in := w.must(200, w.do("POST /signup", "", `{}`))
		token := in.str("access_token")
		w.refused(400, "validation_failed", w.do("PUT /user", token, `{"password":"a good password"}`))
		got := w.must(200, w.do("PUT /user", token, ann))
		if got.body["is_anonymous"] != true {
			t.Error("an account before the address is confirmed")
		}
		w.refused(400, "invalid_credentials", w.enter("ann@example.org", "a good password"))
		up := w.must(200, w.verifyHash("email_change", w.mail(accounts.MailEmailChange, "ann@example.org")))
		user := up.body["user"].(map[string]any)
		if user["is_anonymous"] != false || user["id"] != got.str("id") || user["app_metadata"].(map[string]any)["provider"] != "email" || len(user["identities"].([]any)) != 1 {
			t.Errorf("user %v", user)
		}
		if !w.goesOn(token) {
			t.Error("the session has ended")
		}
		w.must(200, w.enter("ann@example.org", "a good password"))
		next := w.must(200, w.do(refreshLine, "", refreshBody(in.str("refresh_token"))))
		if next.body["user"].(map[string]any)["is_anonymous"] != false {
			t.Errorf("after a refresh: %s", next.text)
		}
	})
}

// TestAnonymousUpgradeByCookie: with a cookie too, which the new password replaces.
func TestAnonymousUpgradeByCookie(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); withCookies(c); c.Anonymous = true }, func(t *testing.T, w *world) {
		b := &browser{w: w}
		guest := w.must(200, b.do("POST /signup", "{}"))
		w.must(200, b.do("PUT /user", ann))
		elsewhere := w.must(200, w.verifyHash("email_change", w.mail(accounts.MailEmailChange, "ann@example.org")))
		if u := userOf(elsewhere); u["id"] != userOf(guest)["id"] || u["is_anonymous"] != false {
			t.Errorf("user %v", u)
		}
		if me := w.must(200, b.do("GET /user", "")); me.str("email") != "ann@example.org" {
			t.Errorf("the session goes on as %s", me.text)
		}
		w.must(200, w.enter("ann@example.org", "a good password"))
	})
}

// TestEmailChangeOfAnEndedSession: without confirmation by the present address a change
// ends with the session that requested it. Otherwise a thief would come back by their own
// address.
func TestEmailChangeOfAnEndedSession(t *testing.T) {
	engines(t, func(c *accounts.Config) { confirmed(c); c.SingleEmailChange = true }, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		m := w.mail(accounts.MailEmailChange, "eve@example.org")
		w.must(204, w.do("POST /logout", token, ""))
		w.refused(403, "otp_expired", w.verifyHash("email_change", m))
		w.advance(2 * time.Minute)
		w.must(200, w.do("POST /resend", "", member(annMail, "type", "email_change")))
		if mails := w.mails(); len(mails) != 0 {
			t.Errorf("%d mails", len(mails))
		}
		w.refused(400, "invalid_credentials", w.enter("eve@example.org", "a good password"))
		w.must(200, w.enter("ann@example.org", "a good password"))
	})
}

// TestEmailChangeWithPassword: a new password ends a pending change, and a change that is
// requested with it begins anew, also to the same address.
func TestEmailChangeWithPassword(t *testing.T) {
	engines(t, confirmed, func(t *testing.T, w *world) {
		token := w.account("ann@example.org")
		w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org"}`))
		before := byAddress(w.mails())
		w.advance(time.Minute)
		got := w.must(200, w.do("PUT /user", token, `{"email":"eve@example.org","password":"another good password"}`))
		if got.str("new_email") != "eve@example.org" {
			t.Errorf("answer %s", got.text)
		}
		mails := w.mails()
		w.refused(403, "otp_expired", w.verifyHash("email_change", before["eve@example.org"]))
		mails = slices.DeleteFunc(mails, func(m *received) bool { return m.template != accounts.MailEmailChange })
		if len(mails) != 2 {
			t.Fatalf("%d mails", len(mails))
		}
		at := byAddress(mails)
		w.must(200, w.verifyHash("email_change", at["ann@example.org"]))
		in := w.must(200, w.verifyHash("email_change", at["eve@example.org"]))
		if user := in.body["user"].(map[string]any); user["email"] != "eve@example.org" {
			t.Errorf("user %v", user)
		}
	})
}
