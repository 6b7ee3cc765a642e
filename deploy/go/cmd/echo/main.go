// Command echo is the test workload: an HTTP server that says where it runs,
// and the client side of a network test, for images without a shell.
//
//	echo serve [ADDRESS]        answer every request with host name, peer and path
//	echo get URL [SECONDS]      print the body of URL, trying until SECONDS have passed
//	echo call SOCKET METHOD     print the status of a gRPC call over a Unix socket
//	echo lookup NAME [SECONDS]  print the addresses of NAME, trying until SECONDS have passed
//	echo sleep                  wait for SIGTERM
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	defaultAddress = ":8080"
	attemptTimeout = 2 * time.Second
	pauseBetween   = 200 * time.Millisecond
	callTimeout    = 20 * time.Second
	bodyLimit      = 1 << 20
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	verb := argument(args, 0, "serve")
	switch verb {
	case "serve":
		return serve(ctx, argument(args, 1, defaultAddress))
	case "get":
		return retry(ctx, argument(args, 2, "0"), func(ctx context.Context) error { return get(ctx, argument(args, 1, "")) })
	case "call":
		// A server may take its time to find out who calls.
		once, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		return call(once, argument(args, 1, ""), argument(args, 2, ""))
	case "lookup":
		return retry(ctx, argument(args, 2, "0"), func(ctx context.Context) error { return lookup(ctx, argument(args, 1, "")) })
	case "sleep":
		<-ctx.Done()
		return nil
	default:
		return fmt.Errorf("unknown verb %q; use serve, get, call, lookup or sleep", verb)
	}
}

func argument(args []string, n int, otherwise string) string {
	if n < len(args) {
		return args[n]
	}
	return otherwise
}

func serve(ctx context.Context, address string) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr:              address,
		ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "host=%s peer=%s method=%s path=%s\n", host, r.RemoteAddr, r.Method, r.URL.Path)
		}),
	}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// retry runs attempt until it succeeds or the given number of seconds has
// passed; zero means once.
func retry(ctx context.Context, seconds string, attempt func(context.Context) error) error {
	limit, err := strconv.Atoi(seconds)
	if err != nil {
		return fmt.Errorf("seconds: %w", err)
	}
	deadline := time.Now().Add(time.Duration(limit) * time.Second)
	for {
		once, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := attempt(once)
		cancel()
		if err == nil || ctx.Err() != nil || !time.Now().Before(deadline) {
			return err
		}
		time.Sleep(pauseBetween)
	}
}

func get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyLimit))
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s: %s: %s", url, response.Status, body)
	}
	_, err = os.Stdout.Write(body)
	return err
}

// call makes a gRPC call with an empty message over a Unix socket, in which it
// claims to be an administrator, and prints the status that it is answered with.
func call(ctx context.Context, socket, method string) error {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	client := http.Client{Transport: &http.Transport{Protocols: protocols, DialContext: dial}}
	empty := strings.NewReader("\x00\x00\x00\x00\x00")
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/"+method, empty)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	request.Header.Set("talos-role", "os:admin")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, bodyLimit)); err != nil {
		return err
	}
	status := func(name string) string { return response.Header.Get(name) + response.Trailer.Get(name) }
	_, err = fmt.Println("status", status("grpc-status"), status("grpc-message"))
	return err
}

func lookup(ctx context.Context, name string) error {
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return err
	}
	_, err = fmt.Println(strings.Join(addresses, "\n"))
	return err
}
