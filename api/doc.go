// Package api serves models and functions of an application over HTTP. Rules decide
// what each caller may read and write.
//
// # Serving a model
//
//	a, err := api.New(db, api.Config{Authenticator: who})
//	a.Add(api.Resource[Note]{Policy: api.OwnedBy("owner_id")})
//	handler, err := a.Handler()
//
// The wire is the one PostgREST clients speak: /{table} with filters, select with
// relations, order, counts, bulk writes and upserts; and /rpc/{name} for
// functions. Beyond it a row has an address of its own, /{table}/{id}, with ETag
// and If-Match, and a long list continues behind a cursor.
//
// Nothing is served that was not added, and no row that no rule allows: the zero
// [Policy] denies everything. Tables and columns that are not exposed to a caller
// are answered like those that do not exist.
//
// # Rules
//
// A [Policy] is made of rules, which are values. A [Gate] is decided by the
// caller alone, a [RowRule] needs the row, and [AnyOf] and [AllOf] combine them:
//
//	api.Policy{
//		Read:   api.AnyOf(api.Role("editor"), api.Where(store.Eq("published", true))),
//		Update: api.Owner("author_id"),
//		Columns: map[string]api.ColumnRule{
//			"price": {Read: api.Anyone(), Create: api.Role("editor"), Update: api.Role("editor")},
//		},
//	}
//
// Where compares columns with values and with variables of the caller, such as
// store.Var("principal.tenant") or store.Var("principal.claims.region"). [Related] tests
// related rows, so that a row can grant a right. Here the members of a team see the
// team, read its notes and create new ones. The documentation of [Related] has the
// complete example.
//
//	member := api.Related("members", api.Owner("user_id"))
//	a.Add(
//		api.Resource[Team]{Policy: api.Policy{Read: member}},
//		api.Resource[Note]{Policy: api.Policy{
//			Read: api.Related("team", member), Create: api.Related("team", member),
//		}},
//	)
//
// [API.Handler] compiles the rules and reports all mistakes in them. A request only
// evaluates gates and binds variables. The database evaluates the remaining conditions
// in the statement that reads or writes. [OwnedBy] is the policy of rows that belong to
// users.
//
// Two settings of a policy grant access that is denied by default, under OwnedBy too.
// ServiceBypass exempts callers with a secret key from the rules; without it they get
// no rows. UncheckedReferences names foreign keys that may refer to rows the caller cannot see.
// UnguardedFilters grants no access, but response times may then reveal hidden rows.
//
// # Functions
//
// [Func] and [TxFunc] serve functions of the application: the arguments are read
// strictly and validated, and rows in the result pass the policy of their
// resource.
//
// # Mounting
//
// Any router can mount the handler. If the router does not strip the prefix of the path,
// set Config.BasePath:
//
//	a, err := api.New(db, api.Config{BasePath: "/rest/v1"})
//	mux.Handle("/rest/v1/", handler)
//
// # Limits
//
// Rules that depend on the row are conditions that the database can evaluate. A rule in
// Go code can be a [GateFunc] or a hook of the store. The only schema on the wire is
// public. docs/wire.md of the repository lists the unsupported parts of PostgREST, each
// with a request that is rejected.
package api
