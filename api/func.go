package api

import (
	"context"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store"
)

// Func serves a function of the application at POST /rpc/{name} for the callers
// the gate lets through. [TxFunc] is one that runs in a transaction, [ReadFunc]
// one that can be called by GET.
//
// In is a struct; it is read from the JSON object of the body by exact names, and
// its validate tags hold: required means present and not null, and for text not
// empty; the other rules are those of the database's [store.Validator], asked at
// start whether it can judge by them. An In without fields takes no body, or an empty
// object.
//
// Out is sent as JSON. A model that is added as a resource, a pointer to one, and
// a slice of either are sent as the caller may see them: the columns and rows
// that the policy of the resource shows. A struct without fields is 204.
// Everything else goes by its JSON tags, and no model may be in it, because its
// columns would pass every policy: start-up fails where the type of Out says so, and
// where one is found behind an interface, as in a map[string]any, the call is
// answered with 500. A value with its own MarshalJSON or MarshalText is sent as that says.
//
// The context carries the caller ([auth.FromContext]) and their scope
// ([store.ScopeFrom]), and the caller's tenant. The function itself is trusted:
// within that tenant, what it reads and writes passes no policy unless it asks
// for that scope. The change log names the caller as the actor of all that it writes,
// unless [store.WithActor] names another. An error with a method
// Problem() string, as [Error] has it, decides the answer; any other is a 500.
//
// [auth.FromContext]: https://pkg.go.dev/github.com/seed-7694ebf6/plinth/auth#FromContext
func Func[In, Out any](name string, gate Gate, call func(context.Context, In) (Out, error)) Exposed {
	if call == nil {
		return newFunction[In, Out](name, gate, nil)
	}
	return newFunction(name, gate, func(ctx context.Context, _ *store.Tx, in In) (Out, error) { return call(ctx, in) })
}

// TxFunc is [Func] for a function that runs in a transaction, which commits if
// the function returns no error. A transaction that loses against another is run
// again, so the function must have no effects outside of it; see [store.DB.Tx].
// What it returns is judged and encoded in the same transaction.
//
// Functions that write the same rows should write them in the same order, by key for
// example. Two that write them in opposite order lock each other out on PostgreSQL. The
// library ends that soon, in less than a tenth of a second at first, by running one of
// them again, but each run costs time. If a call loses ten times it is a 409.
func TxFunc[In, Out any](name string, gate Gate, call func(context.Context, *store.Tx, In) (Out, error)) Exposed {
	f := newFunction(name, gate, call)
	f.inTx = true
	return f
}

// ReadFunc is [Func] for a function without side effects. It is also served at GET and
// HEAD, with its arguments in the query string. It runs in a read-only transaction on
// one snapshot of the database; a write by tx fails with [store.ErrReadOnly]. It must
// have no effects outside the database either: a link on another site can run it.
func ReadFunc[In, Out any](name string, gate Gate, call func(context.Context, *store.Tx, In) (Out, error)) Exposed {
	f := newFunction(name, gate, call)
	f.inTx, f.readOnly = true, true
	return f
}

// newFunction leaves the types behind: from here on there is one kind of function.
func newFunction[In, Out any](name string, gate Gate, call func(context.Context, *store.Tx, In) (Out, error)) *function {
	f := &function{name: name, gate: gate, in: reflect.TypeFor[In](), out: reflect.TypeFor[Out]()}
	if call == nil {
		return f
	}
	f.prepare = func(read func(in any) error) (invocation, error) {
		in := new(In)
		if err := read(in); err != nil {
			return nil, err
		}
		return func(ctx context.Context, tx *store.Tx) (any, error) { return call(ctx, tx, *in) }, nil
	}
	return f
}

func (f *function) expose(b *build) { b.functions = append(b.functions, f.clone()) }
