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
// Where compares columns with values and with what is known of the caller, such as
// store.Var("principal.tenant") or store.Var("principal.claims.region"). [Related] asks
// the rows behind a relation, so that a right can be a row that comes and goes: the
// members of a team see it, read its notes and write new ones ([Related] has the whole
// of this as an example).
//
//	member := api.Related("members", api.Owner("user_id"))
//	a.Add(
//		api.Resource[Team]{Policy: api.Policy{Read: member}},
//		api.Resource[Note]{Policy: api.Policy{
//			Read: api.Related("team", member), Create: api.Related("team", member),
//		}},
//	)
//
// Rules are compiled when the handler is made, and [API.Handler] reports all
// mistakes in them. A request does no more than to ask the gates and to give
// values to variables; the conditions that are left run in the database, in the
// statement that reads or writes. [OwnedBy] is the policy of rows that belong to
// users.
//
// Two settings of a policy grant access that is denied by default, under OwnedBy too.
// ServiceBypass exempts callers with a secret key from the rules; without it they get
// no rows. AnyTarget names foreign keys that may refer to rows the caller cannot see.
//
// # Functions
//
// [Func] and [TxFunc] serve functions of the application: the arguments are read
// strictly and validated, and rows in the result pass the policy of their
// resource.
//
// # Mounting
//
// The handler goes under any router. Where that router leaves the path as it is,
// Config.BasePath says what stands before the resources:
//
//	a, err := api.New(db, api.Config{BasePath: "/rest/v1"})
//	mux.Handle("/rest/v1/", handler)
//
// # Limits
//
// Rules that depend on the row are conditions the database can decide; a rule in
// Go code can be a [GateFunc], or a hook of the store. There is one schema on the
// wire, public. docs/wire.md of the repository lists what of PostgREST's language is
// not there, each line with a request that shows how it is refused.
package api
