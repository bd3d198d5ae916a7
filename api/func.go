package api

import (
	"context"
	"reflect"

	"github.com/seed-7694ebf6/plinth/store"
)

// Func serves a function of the application at POST /rpc/{name} to callers that pass the
// gate. [TxFunc] runs the function in a transaction, and [ReadFunc] also serves it at
// GET.
//
// In is a struct. It is decoded from the JSON object of the body by exact names, and its
// validate tags apply. The rule required means present and not null, and for text not
// empty. The [store.Validator] of the database checks all other rules and rejects
// unknown ones at start. An In without fields takes no body or an empty object.
//
// Out is sent as JSON. If Out is a model added as a resource, a pointer to one or a slice
// of either, the policy of the resource filters its columns and rows. The rows are found
// by their key, which a view must declare with [store.View]. A struct without
// fields is 204. Any other type is encoded by its JSON tags and must not contain a model,
// because no policy would apply to it. If the type of Out contains one, start-up fails. If
// an interface holds one, such as a map[string]any, the call is answered with 500. A value
// with its own MarshalJSON or MarshalText is encoded by that method.
//
// The context carries the caller ([auth.FromContext]), their scope ([store.ScopeFrom])
// and their tenant. The function itself is trusted. Within the tenant no policy applies
// to its reads and writes unless it uses the scope. The change log records the caller as
// the actor, unless [store.WithActor] names another one. The method Problem() string of
// an error, which [Error] has, decides the answer. Errors of the store have an answer too.
// Any other error is a 500.
//
// [auth.FromContext]: https://pkg.go.dev/github.com/seed-7694ebf6/plinth/auth#FromContext
func Func[In, Out any](name string, gate Gate, call func(context.Context, In) (Out, error)) Exposed {
	if call == nil {
		return newFunction[In, Out](name, gate, nil)
	}
	return newFunction(name, gate, func(ctx context.Context, _ *store.Tx, in In) (Out, error) { return call(ctx, in) })
}

// TxFunc is [Func] for a function in a transaction, which commits if the function returns
// no error. The transaction is retried after a serialization conflict, so the function
// must have no effects outside the transaction; see [store.DB.Tx]. The policy check and
// the encoding of the result run in the same transaction.
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
// one snapshot of the database; a write by tx fails with [fault.ErrReadOnly]. It must
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
