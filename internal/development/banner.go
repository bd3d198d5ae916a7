package development

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/store"
)

// Banner describes a running application to its developer.
type Banner struct {
	DB       *store.DB
	API      *api.API
	Accounts *accounts.Accounts // nil without accounts
	Config   accounts.Config    // as the application sets it
	Secrets  Secrets

	Addr               string // of the server
	RESTPath, AuthPath string // the prefixes of the surfaces
	Documents          bool   // the API describes itself
	Rows               int    // in a response at most, 0 for the default
	Mails              string // the folder into which mails are written, "" for none
}

// Print prints how to reach the application: address, key and commands to try.
func (b *Banner) Print(ctx context.Context, w io.Writer) error {
	base := "http://" + b.Addr
	var text strings.Builder
	fmt.Fprintf(&text, "\nPlinth runs in development mode on %s\n\n", base)
	fmt.Fprintf(&text, "  database         %s\n", b.DB.Capabilities().Engine)
	if b.Documents {
		fmt.Fprintf(&text, "  documentation    %s%s/-/docs\n", base, b.RESTPath)
	}
	fmt.Fprintf(&text, "  publishable key  %s\n", b.Secrets.Publishable)
	if b.Mails != "" {
		fmt.Fprintf(&text, "  mails, messages  go into the folder %s, their links and codes are shown here\n", b.Mails)
	}
	text.WriteString("\n")
	for i, line := range b.Samples(ctx, base) {
		if i == 0 {
			text.WriteString("Try:\n\n")
		}
		fmt.Fprintf(&text, "%s\n\n", line)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// exposed returns the tables that resources serve.
func (b *Banner) exposed() (list []*store.Table) {
	anonymous := store.ScopeFrom(b.API.WithScope(context.Background()))
	for _, t := range b.DB.Tables() {
		if anonymous.Guard(t) != nil {
			list = append(list, t)
		}
	}
	return list
}
