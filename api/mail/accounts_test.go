package mail_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// Both senders are what accounts ask for.
var _, _ accounts.Mailer = (*mail.SMTP)(nil), (*mail.Folder)(nil)

// The folder takes text messages as well.
var _ accounts.SMSSender = (*mail.Folder)(nil)

// TestAccountsMails: there is a mail for each of the templates that accounts name.
func TestAccountsMails(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../../auth/accounts/internal/outbox/outbox.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	ast.Inspect(file, func(n ast.Node) bool {
		if c, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(c.Names[0].Name, "Mail") {
			name, err := strconv.Unquote(c.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			named = append(named, name)
		}
		return true
	})
	slices.Sort(named)
	if got := templates(t, mail.TemplatesConfig{}).Names(); !slices.Equal(got, named) || !slices.Contains(got, accounts.MailRecovery) {
		t.Errorf("mails %q, accounts name %q", got, named)
	}
}
