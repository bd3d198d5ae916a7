package accounts

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/auth/accounts/internal/wire"
	"github.com/seed-7694ebf6/plinth/store"
)

// factorOperations are about second factors and passkeys.
var factorOperations = []Operation{
	operation[none, enrollBody, enrolledView](http.MethodPost, "factors", "enrollFactor", "Begin to add a second factor", AccessSession),
	operation[none, challengeBody, wire.ChallengeView](http.MethodPost, "factors/{id}/challenge", "challengeFactor", "Begin to use a factor", AccessSession),
	operation[none, verifyFactorBody, wire.SessionView](http.MethodPost, "factors/{id}/verify", "verifyFactor", "Use a factor", AccessSession),
	operation[none, none, idView](http.MethodDelete, "factors/{id}", "removeFactor", "Remove a factor", AccessSession),
	operation[none, none, wire.RecoveryCodesView](http.MethodGet, "factors/recovery-codes", "countRecoveryCodes", "How many recovery codes are left", AccessSession),
	operation[none, none, wire.RecoveryCodesView](http.MethodPost, "factors/recovery-codes", "makeRecoveryCodes", "Make new recovery codes", AccessSession),
	operation[none, none, none](http.MethodDelete, "factors/recovery-codes", "deleteRecoveryCodes", "Delete the recovery codes", AccessSession),
	operation[none, codeBody, wire.SessionView](http.MethodPost, "factors/recovery-codes/verify", "useRecoveryCode", "Use a recovery code as second factor", AccessSession),
	operation[none, none, wire.CeremonyView](http.MethodPost, "passkeys/registration/options", "beginPasskey", "Begin to add a passkey", AccessSession),
	operation[none, credentialBody, wire.PasskeyView](http.MethodPost, "passkeys/registration/verify", "addPasskey", "Add a passkey", AccessSession),
	operation[none, none, []wire.PasskeyView](http.MethodGet, "passkeys", "listPasskeys", "The passkeys of the caller", AccessSession),
	operation[none, renameBody, wire.PasskeyView](http.MethodPatch, "passkeys/{id}", "renamePasskey", "Rename a passkey", AccessSession),
	operation[none, none, none](http.MethodDelete, "passkeys/{id}", "removePasskey", "Remove a passkey", AccessSession),
}

type (
	enrollBody struct {
		FactorType   string `json:"factor_type"   validate:"required,oneof=totp phone webauthn"`
		FriendlyName string `json:"friendly_name"`
		Issuer       string `json:"issuer"`
		Phone        string `json:"phone"`
	}
	enrolledView struct {
		ID           store.ID       `json:"id"`
		Type         string         `json:"type"`
		FriendlyName string         `json:"friendly_name"`
		Phone        string         `json:"phone,omitempty"`
		TOTP         *wire.TotpView `json:"totp,omitempty"`
	}
	challengeBody struct {
		Channel string `json:"channel"`
	}
	verifyFactorBody struct {
		ChallengeID string         `json:"challenge_id"`
		Code        string         `json:"code"`
		WebAuthn    map[string]any `json:"webauthn"`
	}
	idView struct {
		ID store.ID `json:"id"`
	}
	renameBody struct {
		FriendlyName string `json:"friendly_name" validate:"required"`
	}
)

// apiKeyOperations are about API keys.
var apiKeyOperations = []Operation{
	operation[none, none, apiKeysView](http.MethodGet, "user/api-keys", "listOwnKeys", "The API keys of the caller", AccessSession),
	operation[none, ownKeyBody, wire.ApiKeyView](http.MethodPost, "user/api-keys", "createOwnKey", "Make an API key", AccessSession),
	operation[none, none, none](http.MethodDelete, "user/api-keys/{id}", "revokeOwnKey", "Revoke an API key of the caller", AccessSession),
	operation[userQuery, none, apiKeysView](http.MethodGet, "admin/api-keys", "listKeys", "API keys of the application or of a user", AccessAdmin),
	operation[none, keyBody, wire.ApiKeyView](http.MethodPost, "admin/api-keys", "createKey", "Make an API key of the application", AccessAdmin),
	operation[none, none, none](http.MethodDelete, "admin/api-keys/{id}", "revokeKey", "Revoke an API key", AccessAdmin),
}

type (
	apiKeysView struct {
		APIKeys []wire.ApiKeyView `json:"api_keys"`
	}
	keyBody struct {
		Name      string   `json:"name"       validate:"required"`
		Scopes    []string `json:"scopes"     validate:"required"`
		ExpiresAt *string  `json:"expires_at"`
	}
	ownKeyBody struct {
		keyBody
		CurrentPassword string `json:"current_password"`
		Nonce           string `json:"nonce"`
	}
	userQuery struct {
		UserID string `json:"user_id"`
	}
)

// adminOperations are about the accounts of others.
var adminOperations = []Operation{
	operation[usersQuery, none, usersView](http.MethodGet, "admin/users", "listUsers", "List accounts", AccessAdmin),
	operation[none, userBody, wire.UserView](http.MethodPost, "admin/users", "createUser", "Make an account", AccessAdmin),
	operation[none, none, wire.UserView](http.MethodGet, "admin/users/{id}", "getUserByID", "Read an account", AccessAdmin),
	operation[none, userBody, wire.UserView](http.MethodPut, "admin/users/{id}", "changeUserByID", "Change an account", AccessAdmin),
	operation[none, deleteBody, emptyView](http.MethodDelete, "admin/users/{id}", "deleteUser", "Delete an account", AccessAdmin),
	operation[none, none, none](http.MethodPost, "admin/users/{id}/logout", "endSessions", "End all sessions of an account", AccessAdmin),
	operation[none, none, []wire.FactorView](http.MethodGet, "admin/users/{id}/factors", "listFactors", "The factors of an account", AccessAdmin),
	operation[none, none, wire.FactorView](http.MethodDelete, "admin/users/{id}/factors/{factor}", "deleteFactor", "Remove a factor of an account", AccessAdmin),
	operation[redirectQuery, inviteBody, wire.UserView](http.MethodPost, "invite", "invite", "Invite by mail", AccessAdmin),
	operation[redirectQuery, linkBody, wire.GeneratedView](http.MethodPost, "admin/generate_link", "generateLink", "Make the link of a mail", AccessAdmin),
	operation[auditQuery, none, eventsView](http.MethodGet, "admin/audit", "audit", "Read the audit log, the latest events first", AccessAdmin),
}

type (
	usersQuery struct {
		pagesQuery
		Filter string `json:"filter"`
	}
	usersView struct {
		Users []wire.UserView `json:"users"`
		Aud   string          `json:"aud"`
	}
	userBody struct {
		ID           string         `json:"id"`
		Email        string         `json:"email"`
		Phone        string         `json:"phone"`
		Password     string         `json:"password"`
		PasswordHash string         `json:"password_hash"`
		Role         string         `json:"role"`
		Roles        []string       `json:"roles"`
		BanDuration  string         `json:"ban_duration"`
		EmailConfirm bool           `json:"email_confirm"`
		PhoneConfirm bool           `json:"phone_confirm"`
		AppMetadata  map[string]any `json:"app_metadata"`
		UserMetadata map[string]any `json:"user_metadata"`
	}
	deleteBody struct {
		ShouldSoftDelete bool `json:"should_soft_delete"`
	}
	inviteBody struct {
		flowBody
		Email string         `json:"email" validate:"required"`
		Data  map[string]any `json:"data"`
	}
	linkBody struct {
		inviteBody
		Type     string `json:"type"      validate:"required,oneof=signup invite magiclink recovery email_change_current email_change_new"`
		Password string `json:"password"`
		NewEmail string `json:"new_email"`
	}
	auditQuery struct {
		PerPage int    `json:"per_page"`
		UserID  string `json:"user_id"`
		Kind    string `json:"kind"`
		Before  string `json:"before"`
	}
	eventsView struct {
		Events []wire.EventView `json:"events"`
	}
)

// roleOperations are about roles and permissions.
var roleOperations = []Operation{
	operation[pagesQuery, none, rolesView](http.MethodGet, "admin/roles", "listRoles", "List roles", AccessAdmin),
	operation[none, roleBody, wire.RoleView](http.MethodPost, "admin/roles", "createRole", "Make a role", AccessAdmin),
	operation[none, none, wire.RoleView](http.MethodGet, "admin/roles/{name}", "getRole", "Read a role", AccessAdmin),
	operation[none, roleBody, wire.RoleView](http.MethodPut, "admin/roles/{name}", "changeRole", "Change a role", AccessAdmin),
	operation[none, none, emptyView](http.MethodDelete, "admin/roles/{name}", "deleteRole", "Delete a role", AccessAdmin),
	operation[none, none, rightsView](http.MethodGet, "admin/users/{id}/roles", "getRoles", "The roles of an account", AccessAdmin),
	operation[none, rolesBody, rightsView](http.MethodPut, "admin/users/{id}/roles", "setRoles", "Give an account these roles", AccessAdmin),
}

type (
	rolesView struct {
		Roles []wire.RoleView `json:"roles"`
	}
	roleBody struct {
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Permissions []string `json:"permissions"`
	}
	rolesBody struct {
		Roles []string `json:"roles" validate:"required"`
	}
	rightsView struct {
		Roles       []string `json:"roles"`
		Permissions []string `json:"permissions"`
	}
)
