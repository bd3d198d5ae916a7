package development

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// sampleEmail is the e-mail address of the account of the banner.
const sampleEmail = "ann@example.org"

// sendJSON is a body in the arguments of curl. Its quotes are those of the shell.
func sendJSON(body string) string {
	return " -H 'Content-Type: application/json' -d '" + strings.ReplaceAll(body, "'", `'\''`) + "'"
}

// Samples returns shell commands to run in order: sign up, log in, insert a row, read with
// and without the access token. Commands that would fail are left out. A write is tried in
// a transaction that is rolled back.
func (b *Banner) Samples(ctx context.Context, base string) []string {
	key := fmt.Sprintf(" -H 'apikey: %s'", b.Secrets.Publishable)
	lines, user := b.loginSamples(ctx, base, key)
	if user != nil {
		lines = append(lines, b.tableSamples(ctx, base, user, key+` -H "Authorization: Bearer $token"`)...)
	}
	return append(lines, b.tableSamples(ctx, base, &auth.Principal{}, key)...)
}

// loginSamples returns the commands that leave an access token in the shell, and the
// principal of that token. Both are nil if a login may fail.
func (b *Banner) loginSamples(ctx context.Context, base, key string) (lines []string, user *auth.Principal) {
	if b.Accounts == nil {
		return nil, nil
	}
	user = &auth.Principal{Kind: auth.User, ID: store.NewID().String(), Session: store.NewID().String(), Roles: []string{"authenticated"}, AAL: 1}
	body := sendJSON(fmt.Sprintf(`{"email":%q,"password":%q}`, sampleEmail, b.Secrets.Password))
	known, err := b.Accounts.UserByEmail(ctx, sampleEmail)
	switch {
	case err == nil:
		user.ID = known.ID.String()
		roles, permissions, err := b.Accounts.RolesOf(ctx, known.ID)
		if err != nil {
			return nil, nil
		}
		user.Roles, user.Permissions = append(user.Roles, roles...), permissions
	case problem.Code(err) == problem.AuthUserNotFound && b.signUpWorks():
		lines = append(lines, "curl -s '"+base+b.AuthPath+"/signup'"+key+body)
	default:
		return nil, nil
	}
	return append(lines, "token=$(curl -s '"+base+b.AuthPath+"/token?grant_type=password'"+key+body+` | sed 's/.*"access_token":"\([^"]*\)".*/\1/')`), user
}

// signUpWorks reports whether a sign-up with the password of the banner gives a session. A
// hook of the application may reject it.
func (b *Banner) signUpWorks() bool {
	c := &b.Config
	return !c.DisableSignup && (c.Mailer == nil || c.Autoconfirm) && c.BeforeSignUp == nil && c.Passwords.Check(b.Secrets.Password, sampleEmail) == nil
}

// tableSamples returns commands of a caller on the first table into which the caller can
// insert a row, or else on the first that can be read. An unauthenticated caller only reads
// if there are accounts.
func (b *Banner) tableSamples(ctx context.Context, base string, p *auth.Principal, headers string) []string {
	scope := store.ScopeFrom(b.API.WithScope(auth.WithPrincipal(ctx, *p)))
	onlyReads := p.Kind == auth.Anonymous && b.Accounts != nil
	var bodies map[string]string
	if !onlyReads {
		bodies = b.sampleRows(p)
	}
	limit := min(5, cmp.Or(b.Rows, 5))
	var read []string
	for _, t := range b.exposed() {
		url := base + b.RESTPath + "/" + t.Name
		if !b.canRead(ctx, t, scope) {
			continue
		}
		list := []string{fmt.Sprintf("curl -s '%s?limit=%d'%s", url, limit, headers)}
		if onlyReads {
			return list
		}
		if body, ok := bodies[t.Name]; ok && b.canInsert(ctx, t, scope, body) {
			return append([]string{"curl -s '" + url + "'" + headers + " -H 'Prefer: return=representation'" + sendJSON(body)}, list...)
		}
		if read == nil {
			read = list
		}
	}
	return read
}

// canRead reports whether a scope may list a table.
func (b *Banner) canRead(ctx context.Context, t *store.Table, scope *store.Scope) bool {
	var rows query.Rows
	defer rows.Free()
	return access.New(b.DB, t, scope).Read(ctx, &query.Query{Limit: store.Limit(1)}, query.ReadOptions{}, &rows) == nil
}

// canInsert reports whether a scope may insert a row. It inserts the row and rolls back. It
// does not run the hooks of the application and is false for tables with any.
func (b *Banner) canInsert(ctx context.Context, t *store.Table, scope *store.Scope, body string) bool {
	if t.HasHooks() {
		return false
	}
	inserted := errors.New("the row can be inserted")
	err := b.DB.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		gate := access.New(tx, t, scope)
		in, err := gate.DecodeInput([]byte(body), access.InputOptions{MaxRows: 1})
		if err != nil {
			return err
		}
		var rows query.Rows
		defer rows.Free()
		if err := gate.Insert(ctx, in, query.WriteOptions{Return: &query.Query{}}, &rows); err != nil {
			return err
		}
		return inserted
	})
	return errors.Is(err, inserted)
}

// sampleSchema is what the document says of a table's new rows, or of a member of them.
type sampleSchema struct {
	Type      any // a name or a list of names
	Format    string
	Enum      []json.RawMessage
	Minimum   json.Number
	MinLength int
	MaxLength *int

	Properties map[string]sampleSchema
	Required   []string
}

// sampleRows returns bodies with the required members of a new row, by table, as the
// document for the caller describes them. Tables with a member that cannot be made up are
// not among them.
func (b *Banner) sampleRows(p *auth.Principal) map[string]string {
	var document struct {
		Components struct{ Schemas map[string]sampleSchema }
	}
	text, err := b.API.OpenAPI(*p)
	if err != nil || json.Unmarshal(text, &document) != nil {
		return nil
	}
	rows := map[string]string{}
	for name, s := range document.Components.Schemas {
		table, ok := strings.CutSuffix(name, ".Insert")
		if !ok {
			continue
		}
		var members []string
		for _, name := range s.Required {
			value, made := s.Properties[name].value("First " + name)
			members, ok = append(members, fmt.Sprintf("%q:%s", name, value)), ok && made
		}
		if ok {
			rows[table] = "{" + strings.Join(members, ",") + "}"
		}
	}
	return rows
}

// value makes up a value. Name is the text of members that may be any text.
func (s sampleSchema) value(name string) (value string, ok bool) {
	if len(s.Enum) > 0 {
		return string(s.Enum[0]), true
	}
	typ, _ := s.Type.(string)
	if list, several := s.Type.([]any); several && len(list) > 0 {
		typ, _ = list[0].(string)
	}
	switch typ {
	case "string":
		text, known := map[string]string{
			"": name, "date-time": "2030-01-02T03:04:05Z", "date": "2030-01-02", "email": sampleEmail, "uri": "https://example.org",
			"hostname": "example.org", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
		}[s.Format]
		if s.MaxLength != nil && s.Format == "" {
			text = text[:min(len(text), *s.MaxLength)]
		}
		return fmt.Sprintf("%q", text+strings.Repeat(".", max(0, s.MinLength-len(text)))), known
	case "integer", "number":
		return cmp.Or(string(s.Minimum), "1"), true
	case "boolean":
		return "false", true
	case "array":
		return "[]", true
	case "object":
		return "{}", true
	}
	return "", false
}
