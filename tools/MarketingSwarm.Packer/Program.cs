using MarketingSwarm.Packer;

try
{
    switch (args)
    {
        case ["pack", .. var options]:
            foreach (var path in Packing.Run(PackingOptions.Parse(options))) Console.Out.WriteLine(path);
            return 0;
        case ["check", .. var options]:
            Packing.Check(PackingOptions.Parse(options));
            return 0;
        case ["notices", .. var options]:
            Console.Out.WriteLine(Packing.WriteNotices(PackingOptions.Parse(options)));
            return 0;
        default:
            Console.Error.WriteLine(
                """
                Usage: MarketingSwarm.Packer pack|check|notices [options]

                pack      packs the module that the build laid out
                check     only looks whether the work tree can be packed: before a build
                notices   writes THIRD-PARTY-NOTICES.txt anew, from the packages that the module ships

                --repository FOLDER   the work tree (the current folder)
                --module FOLDER       the module as the build laid it out (REPOSITORY/artifacts/module/MarketingSwarm)
                --symbols FOLDER      its .pdb files (REPOSITORY/artifacts/symbols)
                --output FOLDER       where the packages go (REPOSITORY/artifacts/package)
                --allow-dirty         packs what no commit has, with the version's label -dirty
                """);
            return 2;
    }
}
catch (PackingException exception)
{
    Console.Error.WriteLine("error: " + exception.Message);
    return 1;
}
