package plinth

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/seed-7694ebf6/plinth/auth/accounts"
	"github.com/seed-7694ebf6/plinth/internal/development"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// checkAccounts reports settings of Accounts that belong to the application or have no
// effect.
func (c Config) checkAccounts() []error {
	return leaveOut("Accounts",
		ownSetting{len(c.Accounts.Keys.Publishable)+len(c.Accounts.Keys.Secret) > 0, "Keys", "set Keys"},
		ownSetting{c.Accounts.Logger != nil, "Logger", "set Logger"},
		ownSetting{c.Accounts.PublicURL != "", "PublicURL", "set PublicURL; accounts are below " + authPath},
	)
}

// checkProductionAccounts reports what accounts lack, or must not have, outside
// development.
func (c Config) checkProductionAccounts() []error {
	if c.DisableAccounts {
		return nil
	}
	var errs []error
	if len(c.Accounts.MasterKeys) == 0 && len(c.invalid) == 0 {
		errs = append(errs, errors.New("plinth: outside development accounts need Accounts.MasterKeys (set PLINTH_MASTER_KEYS, or PLINTH_DISABLE_ACCOUNTS=1 to go without accounts)"))
	}
	if c.Accounts.Autoconfirm {
		errs = append(errs, errors.New("plinth: Accounts.Autoconfirm is for development: it lets a client sign up with an e-mail address of another person"))
	}
	if site := c.Accounts.SiteURL; site != "" && !isHTTPS(site) {
		errs = append(errs, fmt.Errorf("plinth: outside development Accounts.SiteURL must be https://host[/path], not %q (set PLINTH_SITE_URL)", site))
	}
	for _, target := range c.Accounts.RedirectURLs {
		// Codes and tokens are sent there. The user's own machine needs no encryption
		// (RFC 8252 section 7.3), and apps have schemes of their own (section 7.1).
		if u, err := url.Parse(target); err != nil || u.Scheme == "" || u.Scheme == "http" && !netaddr.IsLoopback(u.Hostname()) {
			errs = append(errs, fmt.Errorf("plinth: outside development Accounts.RedirectURLs must begin with https:// or the scheme of an app, not %q (set PLINTH_REDIRECT_URLS)", target))
		}
	}
	return errs
}

// validateAccounts reports settings that accounts.New would reject.
func (r resolved) validateAccounts() error {
	if r.DisableAccounts {
		return nil
	}
	c := r.accounts()
	if r.development && len(c.MasterKeys) == 0 {
		c.MasterKeys = [][]byte{development.RandomKey()} // in place of the one in the database
	}
	return c.Validate()
}

// accounts returns the configuration of the accounts.
func (r resolved) accounts() accounts.Config {
	c := r.Accounts
	base := strings.TrimSuffix(cmp.Or(r.PublicURL, "http://"+r.Addr), "/")
	c.Keys, c.Logger, c.PublicURL = r.Keys, r.Logger, base+authPath
	c.SiteURL = cmp.Or(c.SiteURL, base)
	if c.ClientAddress == nil {
		c.ClientAddress = middleware.ClientAddressOf
	}
	return c
}
