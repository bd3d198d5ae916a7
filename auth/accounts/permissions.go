package accounts

import (
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/apikey"
	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/data"
)

// PermissionAdmin is the permission to manage accounts over the wire, which secret
// keys have without it.
const PermissionAdmin = data.PermissionAdmin

// ScopeSelf is the scope by which an API key acts as its owner: it has the owner's id and
// tenant, so that rules show it the owner's rows. All other scopes are names of permissions. A
// key without ScopeSelf has its permissions only and no id of a user.
const ScopeSelf = apikey.ScopeSelf
