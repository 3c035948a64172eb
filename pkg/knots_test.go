package pkg_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxKnot is how many files of one package may lean on each other in a circle:
// whoever reads one of them has to read them all.
const maxKnot = 5

// Codecs follow their format's own circles, and a simulator is one device.
var knotsAllowed = []string{"pkg/audio/alac", "pkg/audio/flac", "pkg/audio/mp3", "pkg/sim/..."}

// A listedPackage is what `go list -json` says of a package.
type listedPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	Standard                bool
}

// listPackages lists the packages of the module and all that they import, with
// the files of compiled export data.
func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps",
		"-json=ImportPath,Dir,Export,GoFiles,Standard", "../cmd/...", "./...")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaint.String())
	}
	var list []listedPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// fileUses type-checks the files of a package and returns, for each, the other
// files whose package-level names, methods and fields it uses.
func fileUses(p listedPackage, fset *token.FileSet, imports types.Importer) (map[string][]string, error) {
	var files []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: imports, FakeImportC: true}
	checked, err := config.Check(p.ImportPath, fset, files, info)
	if err != nil {
		return nil, err
	}
	uses := map[string][]string{}
	for ident, object := range info.Uses {
		if object.Pkg() != checked || !outlivesFunction(checked, object) {
			continue
		}
		from := filepath.Base(fset.Position(ident.Pos()).Filename)
		to := filepath.Base(fset.Position(object.Pos()).Filename)
		if from != to && !slices.Contains(uses[from], to) {
			uses[from] = append(uses[from], to)
		}
	}
	return uses, nil
}

// outlivesFunction reports whether an object is a package-level name, a method
// or a field: what another file can use.
func outlivesFunction(pkg *types.Package, object types.Object) bool {
	switch object := object.(type) {
	case *types.Func:
		return true
	case *types.Var:
		return object.IsField() || object.Parent() == pkg.Scope()
	default:
		return object.Parent() == pkg.Scope()
	}
}

// knots returns the circles of files that lean on each other, each sorted: the
// strongly connected components (Tarjan, 1972) of more than one file.
func knots(uses map[string][]string) [][]string {
	var (
		index, low = map[string]int{}, map[string]int{}
		onStack    = map[string]bool{}
		stack      []string
		found      [][]string
		visit      func(string)
	)
	visit = func(file string) {
		index[file], low[file] = len(index)+1, len(index)+1
		stack, onStack[file] = append(stack, file), true
		for _, to := range uses[file] {
			if index[to] == 0 {
				visit(to)
				low[file] = min(low[file], low[to])
			} else if onStack[to] {
				low[file] = min(low[file], index[to])
			}
		}
		if low[file] != index[file] {
			return
		}
		at := slices.Index(stack, file)
		knot := slices.Clone(stack[at:])
		stack = stack[:at]
		for _, member := range knot {
			onStack[member] = false
		}
		if len(knot) > 1 {
			slices.Sort(knot)
			found = append(found, knot)
		}
	}
	for _, file := range sortedKeys(uses) {
		if index[file] == 0 {
			visit(file)
		}
	}
	return found
}

func sortedKeys(m map[string][]string) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func TestKnotsOfFiles(t *testing.T) {
	packages := listPackages(t)
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(exports[path])
	})
	looked := 0
	for _, p := range packages {
		name, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours || matches(knotsAllowed, name) {
			continue
		}
		looked++
		uses, err := fileUses(p, fset, imports)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, knot := range knots(uses) {
			if len(knot) > maxKnot {
				t.Errorf("%s: %d of %d files lean on each other in a circle, want at most %d: %s",
					name, len(knot), len(p.GoFiles), maxKnot, strings.Join(knot, " "))
			}
		}
	}
	if looked < 10 {
		t.Errorf("want the whole tree, looked at %d packages", looked)
	}
}

// A check that finds no knot would pass for ever.
func TestKnotsFinds(t *testing.T) {
	cases := []struct {
		name string
		uses map[string][]string
		want [][]string
	}{
		{"a line", map[string][]string{"a": {"b"}, "b": {"c"}}, nil},
		{"a pair", map[string][]string{"a": {"b"}, "b": {"a", "c"}}, [][]string{{"a", "b"}}},
		{"a ring with a tail", map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}}, [][]string{{"a", "b", "c"}}},
		{"two rings", map[string][]string{"a": {"b"}, "b": {"a", "c"}, "c": {"d"}, "d": {"c"}}, [][]string{{"c", "d"}, {"a", "b"}}},
		{"two rings with a shared file", map[string][]string{"a": {"b", "c"}, "b": {"a"}, "c": {"a"}}, [][]string{{"a", "b", "c"}}},
	}
	for _, c := range cases {
		got := knots(c.uses)
		if !slices.EqualFunc(c.want, got, slices.Equal) {
			t.Errorf("%s: want %v, got %v", c.name, c.want, got)
		}
	}
}
