package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// fileSuffix is added to the name of a secret to name the variable with its file.
const fileSuffix = "_FILE"

// maxSecretBytes is the largest file for a secret: rules for many speakers are long.
const maxSecretBytes = 64 << 10

// readSecretFiles returns vars with NAME filled from the file in NAME_FILE for
// every secret.
func readSecretFiles(vars map[string]string, all []Variable) (map[string]string, Faults) {
	values := maps.Clone(vars)
	var faults Faults
	for _, v := range all {
		path := vars[v.Name+fileSuffix]
		if !v.Secret || path == "" {
			continue
		}
		secret, err := readSecretFile(path)
		switch {
		case vars[v.Name] != "":
			faults = append(faults, Fault{Name: v.Name, Value: settings.Hidden, Problem: "set together with " + v.Name + fileSuffix, Fix: "Set one of the two"})
		case err != nil:
			faults = append(faults, Fault{Name: v.Name + fileSuffix, Value: path, Problem: err.Error(), Fix: "Name a readable file that holds the secret alone"})
		default:
			values[v.Name] = secret
		}
	}
	return values, faults
}

// readSecretFile returns the content of a file without the line end that editors and
// `echo` append.
func readSecretFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxSecretBytes+1))
	switch {
	case err != nil:
		return "", err
	case len(content) > maxSecretBytes:
		return "", fmt.Errorf("the file is longer than %d bytes", maxSecretBytes)
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if secret == "" {
		return "", errors.New("the file is empty")
	}
	return secret, nil
}
