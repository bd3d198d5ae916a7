package plinth

import (
	"cmp"
	"path"
	"runtime/debug"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/openapi"
	"github.com/seed-7694ebf6/plinth/auth/accounts"
)

// programName returns the name and the version of the program, which are the title and the
// version of its documents by default: the last element of the main package's path, and the
// version that the Go command has recorded.
func programName() (name, version string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", ""
	}
	main := info.Path
	if main == "" || main == "command-line-arguments" {
		main = cmp.Or(info.Main.Path, "API")
	}
	return path.Base(main), cmp.Or(info.Main.Version, "(devel)")
}

// accountRoutes returns the operations of accounts for the documents of the REST API.
func accountRoutes() []api.Route {
	gates := map[accounts.Access]api.Gate{
		accounts.AccessAnyone: api.Anyone(), accounts.AccessSession: api.Session(),
		accounts.AccessAdmin: api.Service().Or(api.Permission(accounts.PermissionAdmin)),
	}
	operations := accounts.Operations()
	routes := make([]api.Route, len(operations))
	for i := range operations {
		op := &operations[i]
		routes[i] = api.Route{Gate: gates[op.Access], Route: openapi.Route{
			Method: op.Method, Path: authPath + "/" + op.Path, ID: "auth." + op.Name, Tag: "auth", Summary: op.Summary,
			Query: op.Query, Body: op.Body, Status: op.Status, Answers: op.Answers, Error: accounts.OperationErrorBody,
		}}
	}
	return routes
}
