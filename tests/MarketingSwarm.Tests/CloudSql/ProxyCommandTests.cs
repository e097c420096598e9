using System.Buffers.Binary;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MarketingSwarm.Tests.CloudSql;

/// <summary>The proxies from the prompt, used by programs that know nothing of Cloud SQL: psql, pg_dump, and a socket that counts.</summary>
public sealed class ProxyCommandTests(NamedInstances instances) : IClassFixture<NamedInstances>
{
    // The password is in the URL: a variable of this process would reach other tests.
    private string Login => $"user=app_user&dbname=swarm&password={Uri.EscapeDataString(instances.Password)}";

    [Theory]
    [InlineData("-Port 0")]
    [InlineData("-UnixSocket")]
    public void PsqlAndPgDumpGoThroughIt(string place)
    {
        var result = instances.Run(
            $$"""
            $proxy = Start-SwarmCloudSqlProxy one {{place}}
            $through = "$($proxy.Url)&$login"
            & $psql $through -X -A -t -q -w -c 'SET client_min_messages = warning; CREATE TABLE IF NOT EXISTS dumped AS SELECT n, repeat(chr(65 + n % 26), 1000) AS v FROM generate_series(1, 2000) n'
            & $psql $through -X -A -t -q -w -c 'SELECT current_user, count(*) FROM dumped'
            [pscustomobject]@{ Through = @(& $pg_dump -w -d $through); Straight = @(& $pg_dump -w -d "postgresql://$server/?$login") }
            """,
            ("login", Login), ("server", instances.Server)).EnsureSuccess();

        Assert.Equal("app_user|2000", result.Output[0].ToString());
        var through = Lines(result.Output[1], "Through");
        Assert.Equal(Lines(result.Output[1], "Straight"), through);
        Assert.True(through.Count > 2000, $"{through.Count} lines");
    }

    [Theory]
    [InlineData("-Port 0")]
    [InlineData("-UnixSocket")]
    public void TheSessionsIdentityLogsInWithoutAPassword(string place)
    {
        var result = instances.Run(
            $$"""
            $proxy = Start-SwarmCloudSqlProxy one -IamLogin {{place}}
            & $psql -h $proxy.Host -p $proxy.Port -X -A -t -q -w -U {{NamedInstances.Account}} -d swarm -c 'SELECT session_user'
            $proxy.IsIamLogin
            """).EnsureSuccess();

        Assert.Equal([NamedInstances.Account, "True"], result.Output.Select(line => line.ToString()));
    }

    [Fact]
    public void PortsFollowThePlacesInTheListAndOneFailureIsNoOthers()
    {
        var first = FindFreePorts();

        var result = instances.Run("'one', 'none', 'two' | Start-SwarmCloudSqlProxy -Port $first | ForEach-Object { \"$_\" }; Get-SwarmCloudSqlProxy", ("first", first));

        Assert.Equal([$"127.0.0.1:{first} → p1:us-central1:one", $"127.0.0.1:{first + 2} → p1:us-central1:two"], result.Output.Take(2).Select(line => line.ToString()));
        Assert.Equal(4, result.Output.Count);
        Assert.Null(result.Terminating);
        Assert.Contains("no instance 'none'", result.SingleError.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(result.SingleError.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void SocketsOfOneFolderHaveNumbersOfTheirOwn()
    {
        using var folder = new TempFolder();
        var sockets = folder.File("sql");

        var result = instances.Run(
            """
            Get-SwarmCloudSqlInstance | Start-SwarmCloudSqlProxy -UnixSocket -SocketFolder $sockets | ForEach-Object { "$($_.Instance) $($_.Port)" }
            [System.IO.Directory]::GetFiles($sockets) | ForEach-Object { [System.IO.Path]::GetFileName($_) }
            & $psql "postgresql:///?host=$sockets&$login" -X -A -t -q -w -c 'SELECT current_user'
            Start-SwarmCloudSqlProxy two -UnixSocket -SocketFolder $sockets
            """,
            ("sockets", sockets), ("login", Login));

        Assert.Equal(["one 5432", "two 5433"], result.Output.Take(2).Select(line => line.ToString()));
        Assert.Equal([".s.PGSQL.5432", ".s.PGSQL.5433"], result.Output.Skip(2).Take(2).Select(line => $"{line}").Order(StringComparer.Ordinal));
        Assert.Equal("app_user", result.Output[4].ToString());
        // A second one of the same name takes nothing from the first.
        Assert.StartsWith("SocketNotUsable,", result.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        // The session has ended.
        Assert.Empty(Directory.GetFileSystemEntries(sockets));
    }

    [Fact]
    public async Task CountsWhatGoesThroughToTheByte()
    {
        using ManualResetEventSlim started = new(), talking = new(), ended = new();
        using var session = instances.Start(
            """
            $proxy = Start-SwarmCloudSqlProxy one -Port 0
            $proxy; $started.Set(); $talking.Wait()
            Get-SwarmCloudSqlProxy; $ended.Set()
            while ((Get-SwarmCloudSqlProxy).ConnectionCount -gt 0) { }
            Get-SwarmCloudSqlProxy
            """,
            ("started", started), ("talking", talking), ("ended", ended));
        started.Wait(TestContext.Current.CancellationToken);
        var port = (int)session.OutputAt(0).Properties["Port"].Value;

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        var hello = CreateStartupMessage("app_user", "swarm");
        await stream.WriteAsync(hello, TestContext.Current.CancellationToken);
        var buffer = new byte[64 * 1024];
        var received = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal((byte)'R', buffer[0]);
        talking.Set();
        ended.Wait(TestContext.Current.CancellationToken);
        client.Client.Shutdown(SocketShutdown.Send);
        for (int more; (more = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0;) received += more;

        var states = session.Result.EnsureSuccess().Output.Select(state => state.Properties).ToList();
        Assert.Equal([0, 1, 0], states.Select(state => state["ConnectionCount"].Value));
        Assert.Equal([0L, 1L, 1L], states.Select(state => state["TotalConnectionCount"].Value));
        Assert.Equal((long)hello.Length, states[^1]["BytesSent"].Value);
        Assert.Equal((long)received, states[^1]["BytesReceived"].Value);
        Assert.Null(states[^1]["LastError"].Value);
    }

    [Fact]
    public void ItEndsWithItsSession()
    {
        int port;
        using (var session = instances.Start("Start-SwarmCloudSqlProxy one -Port 0"))
        {
            port = (int)Assert.Single(session.Result.EnsureSuccess().Output).Properties["Port"].Value;
            Assert.True(IsListening(port));
        }

        Assert.False(IsListening(port));
    }

    [Fact]
    public void ItEndsWithItsProcess()
    {
        var result = ShellProcess.RunCommand(
            "(Start-SwarmCloudSqlProxy one -Port 0).Port; $proxy = Start-SwarmCloudSqlProxy one -UnixSocket; $proxy.Host; [System.IO.Directory]::GetFiles($proxy.Host)",
            [new("SWARM_GOOGLE_ENDPOINT", instances.Emulator.Endpoint.ToString()), new("SWARM_ACCESS_TOKEN", instances.Emulator.Token), new("GOOGLE_CLOUD_PROJECT", NamedInstances.Project)]);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal($"{result.Lines[1]}/.s.PGSQL.5432", result.Lines[2]);
        Assert.False(IsListening(int.Parse(result.Lines[0], CultureInfo.InvariantCulture)));
        Assert.False(Directory.Exists(result.Lines[1]), result.Lines[1]);
    }

    [Fact]
    public void BeyondLoopbackItListensOnlyWhenToldTo()
    {
        var result = instances.Run("(Start-SwarmCloudSqlProxy one -Port 0 -ListenAddress 0.0.0.0 -AllowRemote).Host; Start-SwarmCloudSqlProxy one -Port 0 -ListenAddress 0.0.0.0");

        Assert.Equal("0.0.0.0", Assert.Single(result.Output).ToString());
        Assert.StartsWith("ProxyBeyondLoopback,", result.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("-AllowRemote", result.SingleError.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void APortThatIsTakenIsNamed()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var result = instances.Run("Start-SwarmCloudSqlProxy one -Port $port; Start-SwarmCloudSqlProxy one, two -Port 65535 | ForEach-Object Port", ("port", port));

        Assert.Equal([65535], result.Output.Select(item => item.BaseObject));
        Assert.All(result.Errors, error => Assert.StartsWith("PortNotUsable,", error.FullyQualifiedErrorId, StringComparison.Ordinal));
        Assert.Contains($"port {port} of 127.0.0.1", result.Errors[0].ToString(), StringComparison.Ordinal);
        Assert.Contains("-Port 0", result.Errors[0].ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("65536", result.Errors[1].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIfListensNowhere()
    {
        var port = FindFreePorts();
        using var folder = new TempFolder();

        var result = instances.Run(
            "Start-SwarmCloudSqlProxy one -Port $port -WhatIf; Start-SwarmCloudSqlProxy one -UnixSocket -SocketFolder $sockets -WhatIf; Get-SwarmCloudSqlProxy",
            ("port", port), ("sockets", folder.File("sql"))).EnsureSuccess();

        Assert.Empty(result.Output);
        Assert.Contains(result.HostLines, line => line.Contains($"port {port} of 127.0.0.1", StringComparison.Ordinal));
        Assert.False(IsListening(port));
        Assert.False(Directory.Exists(folder.File("sql")));
    }

    [Fact]
    public async Task WhatCannotBeReachedIsToldAtTheStart()
    {
        Assert.Contains("'us-central1'", instances.Run("Start-SwarmCloudSqlProxy p1:europe-west1:two -Port 0").SingleError.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("InstanceNotNamed,", instances.Run("Start-SwarmCloudSqlProxy -Port 0").SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);

        await instances.Emulator.SetFaultsAsync("permission-missing=cloudsql.instances.connect");
        var forbidden = instances.Run("Start-SwarmCloudSqlProxy two -Port 0 -IamLogin").SingleError;
        await instances.Emulator.SetFaultsAsync();
        Assert.Equal(ErrorCategory.PermissionDenied, forbidden.CategoryInfo.Category);
        Assert.Contains("roles/cloudsql.client", forbidden.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        // What this session knows of the instance is from before it was stopped.
        var stopped = instances.Run(
            """
            $null = Start-SwarmCloudSqlProxy two -Port 0
            $null = Set-SwarmCloudSqlInstance two -ActivationPolicy Never -Force
            Start-SwarmCloudSqlProxy two -Port 0
            $null = Set-SwarmCloudSqlInstance two -ActivationPolicy Always -Force
            """);
        Assert.Empty(stopped.Output);
        Assert.StartsWith("InstanceNotRunning,", stopped.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("-ActivationPolicy Always", stopped.SingleError.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void ProxiesAreEndedByObjectAndByName()
    {
        var result = instances.Run(
            """
            $all = Start-SwarmCloudSqlProxy one, two, one -Port 0
            $all[0] | Stop-SwarmCloudSqlProxy -WhatIf
            @(Get-SwarmCloudSqlProxy).Count
            $all[0] | Stop-SwarmCloudSqlProxy
            Get-SwarmCloudSqlProxy | ForEach-Object Id
            Stop-SwarmCloudSqlProxy -Instance *:t*
            Stop-SwarmCloudSqlProxy -Instance none*
            (Get-SwarmCloudSqlProxy o*).Id -eq $all[2].Id
            $all[0] | Stop-SwarmCloudSqlProxy
            Stop-SwarmCloudSqlProxy -Instance two
            Get-SwarmCloudSqlProxy two
            $all[0].Id; $all[1].Id; $all[2].Id
            $all | ForEach-Object Port
            """);

        var ids = result.Output.Skip(4).Take(3).Select(item => (int)item.BaseObject).ToList();
        Assert.Equal([3, ids[1], ids[2], true], result.Output.Take(4).Select(item => item.BaseObject));
        Assert.Equal(
            ["ProxyNotFound", "InstanceHasNoProxy", "InstanceHasNoProxy"], result.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal(10, result.Output.Count);
        Assert.Null(result.Terminating);
        Assert.All(result.Output.Skip(7), port => Assert.False(IsListening((int)port.BaseObject)));
    }

    private static List<string> Lines(PSObject output, string property)
        // Newer pg_dump makes up a key for psql each time.
        => [.. ((object[])output.Properties[property].Value).Select(line => $"{line}").Where(line => !line.Contains("restrict ", StringComparison.Ordinal))];

    private static byte[] CreateStartupMessage(string user, string database)
    {
        var parameters = Encoding.UTF8.GetBytes($"user\0{user}\0database\0{database}\0\0");
        var message = new byte[8 + parameters.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), 3 << 16);
        parameters.CopyTo(message, 8);
        return message;
    }

    private static bool IsListening(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return false;
        }
    }

    /// <summary>A port such that it and the two after it are free; below those that the system gives out by itself.</summary>
    private static int FindFreePorts() => Enumerable.Range(0, 1000).Select(step => 21000 + step * 3).First(port => Enumerable.Range(port, 3).All(next => !IsListening(next)));
}
