using MarketingSwarm.Engine.GoogleCloud.Connector;

namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException InstanceRegionWrong(InstanceName instance, string region) => Configuration(
        $"The instance '{instance.Name}' of project '{instance.Project}' is in the region '{region}', not in '{instance.Region}' as its connection name says.",
        $"Name it {instance with { Region = region }}.", instance.ToString());

    internal static SwarmConfigurationException InstanceGenerationUnknown(InstanceName instance, string backend) => Configuration(
        $"The instance '{instance}' is of the kind {backend}; a connector reaches instances of the second generation (SECOND_GEN) alone.",
        "Migrate it to a current instance, or name its address: postgresql://USER@HOST/DATABASE.", instance.ToString());

    internal static SwarmConfigurationException InstanceNotPostgres(InstanceName instance, string version) => Configuration(
        $"The instance '{instance}' runs {version}; PostgreSQL is expected.", "Name an instance whose databaseVersion begins with POSTGRES.", instance.ToString());

    internal static SwarmConfigurationException InstanceHasNoAddress(InstanceName instance) => Configuration(
        $"The instance '{instance}' has no address yet: neither a public one nor a private one.",
        $"Wait until it has been made (Get-SwarmCloudSqlInstance {instance.Name} -Project {instance.Project}), or give it one.", instance.ToString());

    internal static SwarmConfigurationException InstanceAddressMissing(ConnectionInfo info, CloudSqlAddressType type) => Configuration(
        $"The instance '{info.Instance}' has no {(type == CloudSqlAddressType.Public ? "public" : "private")} address"
        + (info.PublicAddress is not null ? "; it has a public one." : info.PrivateAddress is not null ? "; it has a private one." : "; it is reached by its private service connection."),
        info.PublicAddress is not null ? "Take 'ipType' away, or set ipType=public."
            : info.PrivateAddress is not null ? "Take 'ipType' away, or set ipType=private and connect from within its network (VPC)." : "Take 'ipType' away.", info.Instance.ToString());

    internal static SwarmCloudException InstanceNotRunning(InstanceName instance, string state) => Cloud(
        SwarmCloudFailure.Busy,
        state == "STOPPED" ? $"The instance '{instance}' is stopped (activation policy NEVER)." : $"The instance '{instance}' takes no connections now: its state is {state}.",
        state == "STOPPED"
            ? $"Start it: Set-SwarmCloudSqlInstance {instance.Name} -Project {instance.Project} -ActivationPolicy Always"
            : $"Wait until it is RUNNABLE: Get-SwarmCloudSqlInstance {instance.Name} -Project {instance.Project} shows the state.",
        instance.ToString());

    internal static SwarmCloudException ConnectorTimedOut(InstanceName instance) => Cloud(
        SwarmCloudFailure.Timeout,
        FormattableString.Invariant($"A certificate for the instance '{instance}' could not be got within {ConnectionInfoCache.RefreshTimeout.TotalSeconds:0} s."),
        "Check the network and run it again; https://status.cloud.google.com/ tells of outages.", instance.ToString());

    internal static SwarmCloudException ConnectorAnswerIncomplete(InstanceName instance, string problem) => Cloud(
        SwarmCloudFailure.Other, $"What the Cloud SQL Admin API says of the instance '{instance}' cannot be connected with: it has {problem}.",
        "Run it again; if it happens again, check that no program between here and Google changes answers.", instance.ToString());

    internal static SwarmDatabaseException InstanceConnectionRefused(InstanceName instance, string address, int port, Exception inner) => Database(
        SwarmDatabaseFailure.ConnectionRefused, $"{address}:{port}, the address of the instance '{instance}', refused the connection.",
        "Check that the instance runs (Get-SwarmCloudSqlInstance) and that no firewall rejects TCP to this port.", instance.ToString(), inner: inner);

    internal static SwarmDatabaseException InstanceTimeout(ConnectionInfo info, string address, int port, TimeSpan timeout, Exception inner) => Database(
        SwarmDatabaseFailure.Timeout,
        FormattableString.Invariant($"{address}:{port}, the address of the instance '{info.Instance}', did not answer within {timeout.TotalSeconds:0.#} s."),
        AdviseOnRoute(info, address, port), info.Instance.ToString(), inner: inner);

    internal static SwarmDatabaseException InstanceUnreachable(ConnectionInfo info, string address, int port, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.HostUnreachable, $"{address}:{port}, the address of the instance '{info.Instance}', cannot be reached: {reason.TrimEnd('.')}.",
        AdviseOnRoute(info, address, port), info.Instance.ToString(), inner: inner);

    internal static SwarmDatabaseException InstanceTlsFailed(InstanceName instance, string address, int port, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.TlsFailed, $"TLS 1.3 could not be agreed on with {address}:{port}, the address of the instance '{instance}': {reason.TrimEnd('.')}.",
        "Check that no firewall or proxy breaks TLS open on the way. 'connector=forwarder' in the URL tries the other way to connect.", instance.ToString(), inner: inner);

    internal static SwarmDatabaseException InstanceCertificateRefused(InstanceName instance, string address, int port, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.TlsFailed, DescribeImpostor(instance, address, port, reason),
        "Something stands between here and the instance; tell whoever runs the network.", instance.ToString(), inner: inner);

    internal static SwarmDatabaseException InstanceNameWrong(InstanceName instance, string address, int port, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.TlsFailed, DescribeImpostor(instance, address, port, reason),
        "Run it again: the address may have passed to another instance this moment. Otherwise tell whoever runs the network.", instance.ToString(), inner: inner);

    internal static SwarmDatabaseException InstanceAuthorityUnknown(InstanceName instance, string address, int port, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.TlsFailed, DescribeImpostor(instance, address, port, reason),
        "Run it again: the certificate may have been renewed this moment. Otherwise something stands between here and the instance; tell whoever runs the network.",
        instance.ToString(), inner: inner);

    internal static SwarmDatabaseException InstanceCertificateExpired(InstanceName instance, string address, int port, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.TlsFailed, DescribeImpostor(instance, address, port, reason),
        $"Check this machine's clock. If it is right, have the server's certificate renewed: gcloud sql ssl server-ca-certs list --instance={instance.Name} --project={instance.Project} shows its authorities. "
        + "If that is in order, something stands between here and the instance; tell whoever runs the network.", instance.ToString(), inner: inner);

    internal static SwarmDatabaseException ClientCertificateRefused(InstanceName instance, string address, int port, Exception inner) => Database(
        SwarmDatabaseFailure.TlsFailed, $"The instance '{instance}' at {address}:{port} refused the client certificate that the Cloud SQL Admin API made for it.",
        "Check this machine's clock, since the certificate is valid for an hour, and run it again: a new one is then asked for.", instance.ToString(), inner: inner);

    internal static SwarmDatabaseException InstanceConnectionLost(InstanceName instance, string address, int port, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.Other, $"The instance '{instance}' at {address}:{port} ended the connection before PostgreSQL answered: {reason.TrimEnd('.')}.",
        "It is starting, has no connection left, or does not take the client certificate, which is valid for an hour by this machine's clock: run it again, and see the instance's log.", instance.ToString(), inner: inner);

    internal static SwarmDatabaseException ConnectorNotSupported(InstanceName instance, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.TlsFailed, $"This system cannot make the connection that the instance '{instance}' takes (TLS 1.3 with a client certificate): {reason.TrimEnd('.')}.",
        OperatingSystem.IsMacOS()
            ? "Set the environment variable DOTNET_SYSTEM_NET_SECURITY_USENETWORKFRAMEWORK=1 before PowerShell starts."
            : "Update the operating system and its TLS library, or start the Cloud SQL Auth Proxy and name its address: postgresql://USER@localhost:5432/DATABASE.",
        instance.ToString(), inner: inner);

    internal static SwarmDatabaseException IamLoginRefused(SwarmDatabase database, string serverMessage, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.AuthenticationFailed, $"The instance '{database.InstanceConnectionName}' refused the login of '{database.User}' by IAM: {serverMessage}.",
        "Check that the user is the identity that Get-SwarmContext shows and exists on the instance (New-SwarmCloudSqlUser EMAIL -Type IamUser or IamServiceAccount), "
        + "that it has roles/cloudsql.instanceUser and roles/cloudsql.client, and that the flag cloudsql.iam_authentication is on.", database, sqlState, inner);

    internal static SwarmConfigurationException SocketPathTooLong(string path, int longest) => Configuration(
        FormattableString.Invariant($"'{path}' is too long for a Unix socket: {System.Text.Encoding.UTF8.GetByteCount(path)} bytes, where {longest} are the most."),
        "Give a folder with a shorter path, such as /tmp/sql.", path);

    internal static SwarmConfigurationException SocketNotUsable(string path, string reason) => Configuration(
        $"Nothing can listen at '{path}': {reason.TrimEnd('.')}.", "Give another folder, or end the program that listens there.", path);

    internal static SwarmConfigurationException PortNotUsable(System.Net.IPAddress address, int port, string reason) => Configuration(
        FormattableString.Invariant($"Nothing can listen at port {port} of {address}: {reason.TrimEnd('.')}."),
        "Give another port (-Port 0 takes a free one), or end the program that listens there: Get-SwarmCloudSqlProxy lists the proxies of this session.", port);

    internal static SwarmConfigurationException ProxyBeyondLoopback(System.Net.IPAddress address) => Configuration(
        $"{address} is not of this machine alone: whoever can reach it could connect to the instance in this session's name.",
        "Listen at 127.0.0.1 or a Unix socket, or add -AllowRemote if that is what you want.", address);

    internal static SwarmConfigurationException ProxyNotFound(int id) => Configuration(
        FormattableString.Invariant($"This session has no proxy {id}."), "Get-SwarmCloudSqlProxy lists those that run; each session has its own.", id);

    internal static SwarmConfigurationException InstanceHasNoProxy(string instance) => Configuration(
        $"This session has no proxy for the instance '{instance}'.", "Get-SwarmCloudSqlProxy lists those that run; each session has its own.", instance);

    private static string DescribeImpostor(InstanceName instance, string address, int port, string reason)
        => $"The server at {address}:{port} is not the instance '{instance}', by its certificate: {reason}. Nothing was sent to it.";

    private static string AdviseOnRoute(ConnectionInfo info, string address, int port)
        => address == info.PublicAddress
            ? $"Check that this network lets TCP out to port {port}.{(info.PrivateAddress is null ? "" : " From within the instance's network (VPC), set ipType=private.")}"
            : $"A private address is reached from within the instance's network (VPC) alone.{(info.PublicAddress is null ? "" : " Set ipType=public to take the public one.")}";
}
