package api

import "github.com/seed-7694ebf6/plinth/store"

func (g Gate) walk(v ruleVisitor) { v.gate(g) }

func (g Gate) resolve(open func(Gate) bool) (store.Cond, bool) { return store.Cond{}, open(g) }
