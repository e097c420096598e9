using System.Management.Automation;
using System.Net;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;
using MarketingSwarm.Engine.GoogleCloud.Connector;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Lets other programs of this machine (psql, pg_dump, the application) reach Cloud SQL instances, without the Cloud SQL Auth Proxy.</para>
///   <para>It listens at a local port or a Unix socket until Stop-SwarmCloudSqlProxy, or the session's end.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "SwarmCloudSqlProxy", DefaultParameterSetName = PortSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(CloudSqlProxy))]
public sealed class StartSwarmCloudSqlProxyCommand : CloudCmdlet
{
    private const string PortSet = "Port";
    private const string SocketSet = "UnixSocket";

    private int _count;

    /// <summary>The instances: names, connection names (<c>project:region:name</c>), or objects of Get-SwarmCloudSqlInstance. Without it, the session's.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference[]? Instance { get; set; }

    /// <summary>The port of the first instance; each further one takes the next. 0 takes a free one each.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [ValidateRange(0, 65535)]
    public int Port { get; set; } = 5432;

    /// <summary>The address to listen at.</summary>
    [Parameter(ParameterSetName = PortSet)]
    [ValidateNotNull]
    [PSDefaultValue(Help = "127.0.0.1")]
    public IPAddress ListenAddress { get; set; } = IPAddress.Loopback;

    /// <summary>Lets it listen at an address that other machines reach.</summary>
    [Parameter(ParameterSetName = PortSet)]
    public SwitchParameter AllowRemote { get; set; }

    /// <summary>Listens at a Unix socket in a new folder with a short path, which only its owner can enter.</summary>
    [Parameter(ParameterSetName = SocketSet, Mandatory = true)]
    public SwitchParameter UnixSocket { get; set; }

    /// <summary>The folder for the Unix sockets: the first instance's is called <c>.s.PGSQL.5432</c>, the next one's <c>.s.PGSQL.5433</c>. It is made where it is missing.</summary>
    [Parameter(ParameterSetName = SocketSet)]
    [ValidateNotNullOrEmpty]
    public string? SocketFolder { get; set; }

    /// <summary>Which address of the instance is connected to: Auto (the public one where there is one), Public or Private.</summary>
    [Parameter]
    public CloudSqlAddressType AddressType { get; set; }

    /// <summary>Logs whoever connects in by the session's Google identity (IAM database authentication); the password is then ignored.</summary>
    [Parameter]
    public SwitchParameter IamLogin { get; set; }

    private protected override void Process()
    {
        if (!IPAddress.IsLoopback(ListenAddress) && !AllowRemote) throw Errors.ProxyBeyondLoopback(ListenAddress);
        if (Instance is null)
        {
            Start(null);
            return;
        }

        foreach (var reference in Instance)
        {
            try
            {
                Start(reference);
            }
            catch (SwarmException exception)
            {
                // One that cannot be reached keeps nobody from the others.
                WriteError(ErrorRecords.From(exception));
            }
        }
    }

    private void Start(CloudSqlInstanceReference? reference)
    {
        // By the place in the list, so that one that fails moves no other's port.
        var number = _count++;
        var (project, name) = ResolveInstance(reference);
        var region = reference?.Region ?? RunCloud(async (api, token) =>
            CloudSqlObjects.ToInstance(project, await api.SendAsync(CloudSqlRequests.GetInstance(project, name), token)).Region) ?? "";
        var instance = new InstanceName(project, region, name);
        var options = new ProxyOptions
        {
            Address = ListenAddress,
            Port = Port == 0 ? 0 : Port + number,
            UsesSocket = UnixSocket,
            SocketFolder = SocketFolder is null ? null : ResolvePath(SocketFolder),
            SocketNumber = Engine.GoogleCloud.Connector.SocketFolder.SocketNumber + (SocketFolder is null ? 0 : number),
            AddressType = AddressType,
            IsIamLogin = IamLogin,
        };
        if (!ShouldProcess($"{instance}", $"Listen at {DescribePlace(options)}")) return;
        var access = new ConnectorAccess(SwarmContextStore.Current, Environment.GetEnvironmentVariable, CloudSqlConnector.Shared);
        var proxy = RunCloud((api, token) => InstanceProxy.StartAsync(api, instance, options, access, token));
        CloudSqlProxyStore.Add(proxy);
        WriteObject(proxy.Describe());
    }

    private static string DescribePlace(ProxyOptions options) => options.UsesSocket
        ? options.SocketFolder is { } folder ? $"{folder}/.s.PGSQL.{options.SocketNumber}" : "a Unix socket in a new folder"
        : options.Port == 0 ? $"a free port of {options.Address}" : $"port {options.Port} of {options.Address}";
}
